package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/livekit/protocol/rpc"
	"github.com/livekit/psrpc"
	"google.golang.org/protobuf/proto"
)

// session is one egress from STARTING to its end. `info` is what LiveKit is told; only `mu` holders touch it.
type session struct {
	rpc.UnimplementedEgressHandlerServer
	worker   *worker
	job      *job
	capture  capture
	handler  rpc.EgressHandlerServer
	mu       sync.Mutex
	info     *livekit.EgressInfo
	context  context.Context // ends when the session stops recording, for whatever reason
	finish   context.CancelFunc
	killedBy error
}

func newSession(w *worker, j *job, c capture) *session {
	now := time.Now().UnixNano()
	file := &livekit.FileInfo{Filename: j.filename}
	info := proto.Clone(j.echo).(*livekit.EgressInfo)
	info.EgressId, info.RoomId, info.RoomName = j.egressID, j.roomID, j.roomName
	info.StartedAt, info.UpdatedAt = now, now
	info.FileResults = []*livekit.FileInfo{file}
	info.Result = &livekit.EgressInfo_File{File: file}
	s := &session{worker: w, job: j, capture: c, info: info}
	s.context, s.finish = context.WithCancel(context.Background())
	return s
}

// listen makes StopEgress reach this session; before the start is answered, so that no stop is lost.
func (s *session) listen() (err error) {
	if s.handler, err = rpc.NewEgressHandlerServer(s, s.worker.bus); err != nil {
		return err
	}
	return s.handler.RegisterStopEgressTopic(s.job.egressID)
}

func (s *session) close() {
	s.finish()
	if s.handler != nil {
		s.handler.Shutdown()
	}
}

func (s *session) StopEgress(context.Context, *livekit.StopEgressRequest) (*livekit.EgressInfo, error) {
	s.end(livekit.EndReasonAPI)
	return s.snapshot(), nil
}

func (s *session) run() {
	defer s.worker.forget(s)
	defer s.capture.discard()
	mediaStart, err := s.capture.start(s.context)
	if errors.Is(err, errSourceClosed) {
		s.end(livekit.EndReasonSrcClosed)
	}
	if !s.activate(mediaStart, err) {
		s.worker.publish(s.snapshot())
		return
	}
	s.worker.publish(s.snapshot())
	select {
	case <-s.context.Done():
	case <-s.capture.ended():
		s.end(livekit.EndReasonSrcClosed)
	}
	s.worker.publish(withoutEnd(s.snapshot()))
	s.settle(s.deliver())
	s.worker.publish(s.snapshot())
}

// activate turns STARTING into ACTIVE, or into FAILED; false when the egress is over already.
func (s *session) activate(mediaStart time.Time, err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.info.Status != livekit.EgressStatus_EGRESS_STARTING {
		return false
	}
	if err != nil {
		s.info.SetFailed(err)
		return false
	}
	s.info.UpdateStatus(livekit.EgressStatus_EGRESS_ACTIVE)
	s.file().StartedAt = mediaStart.UnixNano()
	return true
}

// end asks the recording to stop; the first reason wins and later ones change nothing.
func (s *session) end(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.info.Status {
	case livekit.EgressStatus_EGRESS_STARTING:
		s.info.SetEndReason(reason)
		s.info.SetAborted(livekit.MsgStartNotReceived)
	case livekit.EgressStatus_EGRESS_ACTIVE:
		s.info.SetEndReason(reason)
		s.info.UpdateStatus(livekit.EgressStatus_EGRESS_ENDING)
		s.file().EndedAt = s.info.UpdatedAt
		s.file().Duration = s.file().EndedAt - s.file().StartedAt
	}
	s.finish()
}

// kill ends the session as FAILED: the worker is shutting down.
func (s *session) kill() {
	s.mu.Lock()
	s.killedBy = psrpc.NewErrorf(psrpc.PermissionDenied, "server is shutting down")
	s.mu.Unlock()
	s.end(livekit.EndReasonKilled)
}

// deliver closes the file and puts it where the request wants it.
func (s *session) deliver() (size int64, err error) {
	recorded, err := s.capture.finish()
	if err != nil {
		return 0, err
	}
	return s.worker.output.deliver(recorded, s.job)
}

func (s *session) settle(size int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.file().Size, s.file().Location = size, s.job.destination
	}
	if err = errors.Join(s.killedBy, err); err != nil {
		s.info.SetFailed(err)
		return
	}
	s.info.SetComplete()
	if s.job.manifest {
		s.info.ManifestLocation = s.worker.output.writeManifest(s.job, s.info)
	}
}

func (s *session) snapshot() *livekit.EgressInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	return proto.Clone(s.info).(*livekit.EgressInfo)
}

func (s *session) file() *livekit.FileInfo { return s.info.FileResults[0] }

// withoutEnd: StopEgress's answer carries the file's end, the ENDING report of a browser recording does not.
func withoutEnd(info *livekit.EgressInfo) *livekit.EgressInfo {
	for _, file := range []*livekit.FileInfo{info.FileResults[0], info.GetFile()} {
		file.EndedAt, file.Duration = 0, 0
	}
	return info
}
