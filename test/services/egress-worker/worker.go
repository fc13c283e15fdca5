package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/livekit/protocol/rpc"
	"github.com/livekit/psrpc"
	"github.com/redis/go-redis/v9"
)

// What a worker offers: LiveKit takes a busy one with room left at once, and waits half a second for a better than an idle one.
const (
	notMe        float32 = -1
	idleAffinity float32 = 0.5
	busyAffinity float32 = 1
)

// worker takes jobs from livekit-server over Redis; one session per egress.
type worker struct {
	rpc.UnimplementedEgressInternalServer
	config   config
	factory  captureFactory
	output   output
	bus      psrpc.MessageBus
	io       rpc.IOInfoClient
	server   rpc.EgressInternalServer
	mu       sync.Mutex
	draining bool
	sessions map[string]*session
	running  sync.WaitGroup
}

func newWorker(c config, factory captureFactory) (*worker, error) {
	out, err := newOutput(c)
	if err != nil {
		return nil, err
	}
	w := &worker{config: c, factory: factory, output: out, sessions: map[string]*session{}}
	client := redis.NewClient(&redis.Options{Addr: c.redis})
	if err := client.Ping(context.Background()).Err(); err != nil {
		return nil, err
	}
	w.bus = psrpc.NewRedisMessageBus(client)
	if w.io, err = rpc.NewIOInfoClient(w.bus, psrpc.WithClientTimeout(5*time.Second)); err != nil {
		return nil, err
	}
	if w.server, err = rpc.NewEgressInternalServer(w, w.bus); err != nil {
		return nil, err
	}
	return w, errors.Join(w.server.RegisterStartEgressTopic(""), w.server.RegisterListActiveEgressTopic(""))
}

func (w *worker) StartEgressAffinity(context.Context, *rpc.StartEgressRequest) float32 {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.draining || len(w.sessions) >= w.config.capacity:
		return notMe
	case len(w.sessions) > 0:
		return busyAffinity
	}
	return idleAffinity
}

func (w *worker) StartEgress(ctx context.Context, req *rpc.StartEgressRequest) (*livekit.EgressInfo, error) {
	job, err := newJob(req, w.output)
	if err != nil {
		return nil, err
	}
	capture, err := w.factory(job)
	if err != nil {
		return nil, err
	}
	s := newSession(w, job, capture)
	if err := w.admit(s); err != nil {
		return nil, err
	}
	if err := s.listen(); err != nil {
		w.forget(s)
		return nil, err
	}
	answer := s.snapshot()
	if _, err := w.io.CreateEgress(ctx, answer); err != nil {
		w.forget(s)
		return nil, err
	}
	slog.Info("egress accepted", "egress", job.egressID, "room", job.roomName, "file", job.filename)
	go s.run()
	return answer, nil
}

func (w *worker) ListActiveEgress(context.Context, *rpc.ListActiveEgressRequest) (*rpc.ListActiveEgressResponse, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	response := &rpc.ListActiveEgressResponse{}
	for id := range w.sessions {
		response.EgressIds = append(response.EgressIds, id)
	}
	return response, nil
}

func (w *worker) admit(s *session) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, taken := w.sessions[s.job.egressID]; taken {
		return psrpc.NewErrorf(psrpc.AlreadyExists, "egress already exists")
	}
	if w.draining || len(w.sessions) >= w.config.capacity {
		return psrpc.NewErrorf(psrpc.ResourceExhausted, "not enough CPU")
	}
	w.sessions[s.job.egressID] = s
	w.running.Add(1)
	return nil
}

func (w *worker) forget(s *session) {
	s.close()
	w.mu.Lock()
	delete(w.sessions, s.job.egressID)
	w.mu.Unlock()
	w.running.Done()
}

// drain takes no more jobs and waits for the running ones (SIGTERM).
func (w *worker) drain() {
	w.mu.Lock()
	w.draining = true
	w.mu.Unlock()
	w.running.Wait()
}

// kill ends every session as FAILED, as LiveKit's worker does on SIGINT.
func (w *worker) kill() {
	w.mu.Lock()
	w.draining = true
	for _, s := range w.sessions {
		s.kill()
	}
	w.mu.Unlock()
	done := make(chan struct{})
	go func() { w.running.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
	}
	w.server.Kill()
}

// publish reports a snapshot and does not give up while the worker lives, as LiveKit's worker does.
func (w *worker) publish(info *livekit.EgressInfo) {
	for wait := 500 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		_, err := w.io.UpdateEgress(context.Background(), info)
		if err == nil {
			slog.Info("egress reported", "egress", info.EgressId, "status", info.Status, "error", info.Error)
			return
		}
		slog.Warn("report failed", "egress", info.EgressId, "status", info.Status, "error", err)
		time.Sleep(wait)
	}
}
