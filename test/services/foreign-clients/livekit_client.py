"""LiveKit's own Python client against a server: rooms, a recording from start to end, its webhooks, and refusals.

Usage: livekit_client.py URL KEY SECRET WEBHOOK_PORT PREFIX
Somebody publishes in the room `foreign` already. Prints the finished file as JSON.
"""

import asyncio
import json
import sys

from aiohttp import web
from livekit import api

URL, KEY, SECRET, WEBHOOK_PORT, PREFIX = sys.argv[1:]
ROOM = "foreign"
PATIENCE_S = 10


class Webhooks:
    """Receives webhooks and believes only those that the client's own receiver believes."""

    def __init__(self):
        self.receiver = api.WebhookReceiver(api.TokenVerifier(KEY, SECRET))
        self.believed = []
        self.arrived = asyncio.Condition()

    async def handle(self, request):
        body, token = (await request.read()).decode(), request.headers["Authorization"]
        event = self.receiver.receive(body, token)
        for tampered in (lambda: self.receiver.receive(body + " ", token), lambda: self.receiver.receive(body, token[:-2])):
            refused(tampered)
        async with self.arrived:
            self.believed.append(event)
            self.arrived.notify_all()
        return web.Response()

    async def egress(self, name, status):
        """The event of this name with an egress in this state; waits for it."""
        fits = lambda event: event.event == name and event.egress_info.status == status
        async with self.arrived:
            await asyncio.wait_for(self.arrived.wait_for(lambda: any(map(fits, self.believed))), PATIENCE_S)
        return next(filter(fits, self.believed)).egress_info


def refused(call):
    try:
        call()
    except Exception:
        return
    raise AssertionError("a tampered webhook was believed")


async def refusal(call):
    """What the server refuses a call with."""
    try:
        await call
    except api.TwirpError as error:
        return error.status, error.code, error.message.removeprefix("twirp error unknown: ")
    raise AssertionError("the call was not refused")


def recording_of(room):
    file = api.EncodedFileOutput(file_type=api.EncodedFileType.MP4, filepath=f"{PREFIX}/{{room_name}}")
    return api.RoomCompositeEgressRequest(room_name=room, layout="grid", file_outputs=[file])


async def use_rooms(client):
    made = await client.room.create_room(api.CreateRoomRequest(name="made", empty_timeout=7, metadata="{}"))
    assert (made.name, made.empty_timeout, made.sid[:3]) == ("made", 7, "RM_"), made
    listed = await client.room.list_rooms(api.ListRoomsRequest())
    assert {room.name for room in listed.rooms} == {"made", ROOM}, listed
    people = await client.room.list_participants(api.ListParticipantsRequest(room=ROOM))
    assert [(one.identity, one.tracks[0].type) for one in people.participants] == [("ada", api.TrackType.VIDEO)], people
    await client.room.delete_room(api.DeleteRoomRequest(room="made"))


async def record(client, webhooks):
    started = await client.egress.start_room_composite_egress(recording_of(ROOM))
    assert started.status == api.EgressStatus.EGRESS_STARTING and started.egress_id.startswith("EG_"), started
    assert started.room_composite.layout == "grid", started
    await webhooks.egress("egress_started", api.EgressStatus.EGRESS_STARTING)
    await webhooks.egress("egress_updated", api.EgressStatus.EGRESS_ACTIVE)
    live = await client.egress.list_egress(api.ListEgressRequest(room_name=ROOM, active=True))
    assert [(one.egress_id, one.status) for one in live.items] == [(started.egress_id, api.EgressStatus.EGRESS_ACTIVE)], live
    stopped = await client.egress.stop_egress(api.StopEgressRequest(egress_id=started.egress_id))
    assert stopped.status == api.EgressStatus.EGRESS_ENDING, stopped
    await webhooks.egress("egress_updated", api.EgressStatus.EGRESS_ENDING)
    ended = await webhooks.egress("egress_ended", api.EgressStatus.EGRESS_COMPLETE)
    listed = await client.egress.list_egress(api.ListEgressRequest(egress_id=started.egress_id))
    assert list(listed.items) == [ended], (listed, ended)
    return ended


async def be_refused(client, ended):
    start, stop = client.egress.start_room_composite_egress, client.egress.stop_egress
    assert await refusal(start(recording_of("nowhere"))) == (404, "not_found", "requested room does not exist")
    assert await refusal(start(api.RoomCompositeEgressRequest(room_name=ROOM))) == (
        400,
        "invalid_argument",
        "request has missing or invalid field: output",
    )
    assert await refusal(client.egress.list_egress(api.ListEgressRequest(egress_id="EG_unknown"))) == (
        404,
        "not_found",
        "egress does not exist",
    )
    assert await refusal(stop(api.StopEgressRequest(egress_id=ended.egress_id))) == (
        412,
        "failed_precondition",
        "egress with status EGRESS_COMPLETE cannot be stopped",
    )
    async with api.LiveKitAPI(URL, KEY, f"not-{SECRET}") as stranger:
        status, _, _ = await refusal(stranger.room.list_rooms(api.ListRoomsRequest()))
        assert status == 401, status


async def main():
    webhooks = Webhooks()
    app = web.Application()
    app.router.add_post("/webhook", webhooks.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(WEBHOOK_PORT)).start()
    async with api.LiveKitAPI(URL, KEY, SECRET) as client:
        await use_rooms(client)
        ended = await record(client, webhooks)
        await be_refused(client, ended)
    await runner.cleanup()
    file = ended.file_results[0]
    print(json.dumps({"key": file.filename, "location": file.location, "size": file.size, "duration_ms": file.duration // 10**6}))


asyncio.run(main())
