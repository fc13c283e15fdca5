package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/livekit/psrpc"
)

// encoder is an ffmpeg that grabs a display and a sound output into an MP4.
type encoder struct {
	file       string
	cmd        *exec.Cmd
	firstFrame chan time.Time
	exited     chan struct{}
	err        error // why it exited; read it after `exited`
}

func startEncoder(s *studio, display, sink, file string) (*encoder, error) {
	cmd := s.command("ffmpeg", "-hide_banner", "-nostats", "-loglevel", "error", "-progress", "pipe:1", "-stats_period", "0.1",
		"-thread_queue_size", "1024", "-f", "x11grab", "-draw_mouse", "0", "-framerate", strconv.Itoa(framesPerSecond),
		"-video_size", fmt.Sprintf("%dx%d", width, height), "-i", display,
		"-thread_queue_size", "1024", "-f", "pulse", "-i", sink+".monitor",
		"-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", strconv.Itoa(2*framesPerSecond),
		"-c:a", "aac", "-b:a", "96k", "-movflags", "+faststart", "-y", file)
	progress, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	complaints := &bytes.Buffer{}
	cmd.Stderr = complaints
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	e := &encoder{file: file, cmd: cmd, firstFrame: make(chan time.Time, 1), exited: make(chan struct{})}
	go func() {
		e.watch(progress)
		if err := cmd.Wait(); err != nil {
			e.err = fmt.Errorf("%w: %s", err, strings.TrimSpace(complaints.String()))
		}
		close(e.exited)
	}()
	return e, nil
}

// watch reads ffmpeg's progress to its end and tells when the first frame was written.
func (e *encoder) watch(progress io.Reader) {
	seen := false
	for lines := bufio.NewScanner(progress); lines.Scan(); {
		value, isTime := strings.CutPrefix(lines.Text(), "out_time_us=")
		written, err := strconv.ParseInt(value, 10, 64)
		if isTime && err == nil && written > 0 && !seen {
			seen = true
			e.firstFrame <- time.Now().Add(-time.Duration(written) * time.Microsecond)
		}
	}
}

// stop lets ffmpeg close the file; it exits with 255 on an interrupt, which is success.
func (e *encoder) stop() error {
	_ = e.cmd.Process.Signal(syscall.SIGINT)
	select {
	case <-e.exited:
	case <-time.After(30 * time.Second):
		return psrpc.NewErrorf(psrpc.Internal, "pipeline frozen")
	}
	var exit *exec.ExitError
	if e.err == nil || errors.As(e.err, &exit) && exit.ExitCode() == 255 {
		return nil
	}
	return psrpc.NewError(psrpc.Internal, e.err)
}

func (e *encoder) kill() {
	if e != nil {
		_ = e.cmd.Process.Kill()
		<-e.exited
	}
}
