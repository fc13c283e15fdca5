package main

import (
	"path"
	"strings"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/livekit/protocol/rpc"
	"github.com/livekit/psrpc"
)

// job is what a start request asks for, checked.
type job struct {
	egressID, roomID, roomName, layout string
	filename                           string // as EgressInfo shows it
	destination                        string // absolute path, or URL
	manifest                           bool
	echo                               *livekit.EgressInfo // carries the request only
}

func newJob(req *rpc.StartEgressRequest, out output) (*job, error) {
	j := &job{egressID: req.EgressId, roomID: req.RoomId, echo: &livekit.EgressInfo{}}
	var file *livekit.EncodedFileOutput
	switch r := req.Request.(type) {
	case *rpc.StartEgressRequest_RoomComposite:
		j.roomName, j.layout = r.RoomComposite.RoomName, r.RoomComposite.Layout
		j.echo.Request = &livekit.EgressInfo_RoomComposite{RoomComposite: r.RoomComposite}
		file = r.RoomComposite.GetFile()
		if outputs := r.RoomComposite.FileOutputs; len(outputs) == 1 {
			file = outputs[0]
		} else if len(outputs) > 1 {
			return nil, invalid("multiple file outputs")
		}
	default:
		return nil, psrpc.NewErrorf(psrpc.Unimplemented, "the stand-in worker records room composites only")
	}
	if file == nil {
		return nil, invalid("output")
	}
	if file.Output != nil {
		return nil, psrpc.NewErrorf(psrpc.Unimplemented, "the stand-in worker writes where its own settings say only")
	}
	j.manifest = !file.DisableManifest
	j.filename = resolve(file.Filepath, j, time.Now())
	if j.destination = out.locate(j.filename); j.destination == "" {
		return nil, invalid("filepath")
	}
	return j, nil
}

func invalid(field string) error {
	return psrpc.NewErrorf(psrpc.InvalidArgument, "request has missing or invalid field: %s", field)
}

// resolve fills templates and completes the name as LiveKit's worker does for MP4.
func resolve(name string, j *job, now time.Time) string {
	stamp := now.Format("2006-01-02T150405")
	name = strings.NewReplacer(
		"{room_name}", j.roomName, "{room_id}", j.roomID, "{time}", stamp, "{utc}", now.UTC().Format("20060102150405"),
	).Replace(name)
	if name == "" || strings.HasSuffix(name, "/") {
		name += j.roomName + "-" + stamp
	}
	name = path.Clean(name)
	for strings.HasPrefix(name, "../") {
		name = strings.TrimPrefix(name, "../")
	}
	if path.Ext(name) != ".mp4" {
		name += ".mp4"
	}
	return name
}
