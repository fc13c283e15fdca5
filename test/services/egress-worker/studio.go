package main

import (
	_ "embed"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

//go:embed page/index.html
var pageHTML []byte

// studio is what all browser recordings of a worker share: the recorder page and the sound server.
type studio struct {
	pageURL     string
	runtimeDir  string
	pulseServer string
	pulse       *exec.Cmd
	listener    net.Listener
}

func newStudio(c config) (*studio, error) {
	runtimeDir := filepath.Join(c.tempDir, "pulse")
	if err := os.MkdirAll(runtimeDir, 0o700); err != nil {
		return nil, err
	}
	s := &studio{runtimeDir: runtimeDir, pulseServer: "unix:" + filepath.Join(runtimeDir, "native")}
	if err := errors.Join(s.servePage(c.clientJS), s.startPulse()); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *studio) servePage(clientJS string) (err error) {
	if _, err := os.Stat(clientJS); err != nil {
		return err
	}
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return err
	}
	s.pageURL = "http://" + s.listener.Addr().String() + "/"
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(pageHTML)
	})
	mux.HandleFunc("/livekit-client.js", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, clientJS) })
	go func() { _ = http.Serve(s.listener, mux) }()
	return nil
}

func (s *studio) startPulse() error {
	s.pulse = s.command("pulseaudio", "--daemonize=no", "--exit-idle-time=-1", "--system=false", "--disallow-exit", "--log-target=stderr",
		"-n", "--load=module-native-protocol-unix socket="+filepath.Join(s.runtimeDir, "native"))
	if err := s.pulse.Start(); err != nil {
		return err
	}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if s.command("pactl", "info").Run() == nil {
			return nil
		}
	}
	return errors.New("failed to launch pulse")
}

// addSink makes a silent output of its own for one recording and returns its module number.
func (s *studio) addSink(name string) (string, error) {
	module, err := s.command("pactl", "load-module", "module-null-sink", "sink_name="+name).Output()
	return strings.TrimSpace(string(module)), err
}

func (s *studio) removeSink(module string) { _ = s.command("pactl", "unload-module", module).Run() }

// command prepares a child that dies with the worker, even when that is killed.
func (s *studio) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Env = append(os.Environ(), s.environment()...)
	return cmd
}

func (s *studio) environment() []string {
	return []string{"XDG_RUNTIME_DIR=" + s.runtimeDir, "HOME=" + s.runtimeDir, "PULSE_SERVER=" + s.pulseServer}
}

func (s *studio) close() {
	if s.listener != nil {
		_ = s.listener.Close()
	}
	endProcess(s.pulse)
}

// endProcess ends and reaps a child; fine on nil and on what never started.
func endProcess(cmd *exec.Cmd) {
	if cmd == nil || cmd.Process == nil {
		return
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	timer := time.AfterFunc(2*time.Second, func() { _ = cmd.Process.Kill() })
	_ = cmd.Wait()
	timer.Stop()
}
