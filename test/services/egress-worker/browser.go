package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/livekit/protocol/egress"
	"github.com/livekit/psrpc"
)

const (
	width, height   = 640, 360
	framesPerSecond = 15
)

// browserCapture records the recorder page in a browser of its own, with a screen and a sound output of its own.
type browserCapture struct {
	studio     *studio
	job        *job
	dir        string
	pageURL    string
	screen     *screen
	sinkModule string
	encoder    *encoder
	browserEnd context.CancelFunc
	started    chan struct{}
	closed     chan struct{}
	failed     chan error
	freed      sync.Once
}

func newBrowserCapture(c config, s *studio, j *job) (*browserCapture, error) {
	token, err := egress.BuildEgressToken(j.egressID, c.apiKey, c.apiSecret, j.roomName)
	if err != nil {
		return nil, err
	}
	query := url.Values{"url": {c.wsURL}, "token": {token}, "layout": {j.layout}}
	return &browserCapture{
		studio: s, job: j, dir: filepath.Join(c.tempDir, j.egressID), pageURL: s.pageURL + "?" + query.Encode(),
		started: make(chan struct{}), closed: make(chan struct{}), failed: make(chan error, 1),
	}, nil
}

func (b *browserCapture) ended() <-chan struct{} { return b.closed }

func (b *browserCapture) start(ctx context.Context) (time.Time, error) {
	if err := b.prepare(); err != nil {
		return time.Time{}, psrpc.NewError(psrpc.Internal, err)
	}
	b.openPage()
	select {
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	case <-b.closed:
		return time.Time{}, errSourceClosed
	case err := <-b.failed:
		return time.Time{}, err
	case <-b.started:
	}
	var err error
	if b.encoder, err = startEncoder(b.studio, b.screen.display, b.job.egressID, filepath.Join(b.dir, "recording.mp4")); err != nil {
		return time.Time{}, psrpc.NewError(psrpc.Internal, err)
	}
	select {
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	case firstFrameAt := <-b.encoder.firstFrame:
		return firstFrameAt, nil
	case <-b.encoder.exited:
		return time.Time{}, psrpc.NewErrorf(psrpc.Internal, "failed to launch ffmpeg: %v", b.encoder.err)
	}
}

func (b *browserCapture) prepare() (err error) {
	if err = os.MkdirAll(b.dir, 0o700); err != nil {
		return err
	}
	if b.sinkModule, err = b.studio.addSink(b.job.egressID); err != nil {
		return fmt.Errorf("failed to launch pulse: %w", err)
	}
	b.screen, err = startScreen(b.studio)
	return err
}

// openPage joins the room in Chromium; what the page logs becomes `started`, `closed` and `failed`.
func (b *browserCapture) openPage() {
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), b.browserOptions()...)
	page, endPage := chromedp.NewContext(allocator, chromedp.WithListener(b.listener()))
	b.browserEnd = func() { endPage(); endAllocator() }
	go func() {
		if err := chromedp.Do(page, chromedp.Navigate(b.pageURL)); err != nil {
			b.fail(psrpc.NewErrorf(psrpc.InvalidArgument, "page load error: %v", err))
		}
	}()
}

// fail keeps the first failure; later ones follow from it.
func (b *browserCapture) fail(err error) {
	select {
	case b.failed <- err:
	default:
	}
}

func (b *browserCapture) browserOptions() []chromedp.ExecAllocatorOption {
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath("/usr/bin/chromium"),
		chromedp.NoSandbox, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.UserDataDir(filepath.Join(b.dir, "profile")),
		chromedp.WindowSize(width, height),
		chromedp.Env(append(b.studio.environment(), "DISPLAY="+b.screen.display, "PULSE_SINK="+b.job.egressID)...),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"),
		chromedp.Flag("window-position", "0,0"),
		chromedp.Flag("disable-features", "WebRtcHideLocalIpsWithMdns"), // no multicast from a test
	}
	for _, flag := range []string{
		"kiosk", "test-type", "disable-gpu", "disable-quic", "disable-background-networking", "disable-component-update",
		"disable-sync", "disable-dev-shm-usage", "disable-default-apps", "disable-extensions",
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	return options
}

func (b *browserCapture) listener() func(any) {
	var start, end sync.Once
	return func(event any) {
		called, ok := event.(*runtime.EventConsoleAPICalled)
		if !ok || len(called.Args) == 0 {
			return
		}
		switch text := strings.Trim(string(called.Args[0].Value), `"`); {
		case text == "START_RECORDING":
			start.Do(func() { close(b.started) })
		case text == "END_RECORDING":
			end.Do(func() { close(b.closed) })
		case strings.HasPrefix(text, "ERROR"):
			b.fail(psrpc.NewErrorf(psrpc.InvalidArgument, "template error: %s", text))
		}
	}
}

func (b *browserCapture) finish() (string, error) { return b.encoder.file, b.encoder.stop() }

func (b *browserCapture) discard() {
	b.freed.Do(func() {
		b.encoder.kill()
		if b.browserEnd != nil {
			b.browserEnd()
		}
		b.screen.close()
		if b.sinkModule != "" {
			b.studio.removeSink(b.sinkModule)
		}
		_ = os.RemoveAll(b.dir)
	})
}
