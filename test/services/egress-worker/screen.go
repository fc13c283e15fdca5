package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// screen is an X server of its own, on the first free display.
type screen struct {
	display string
	cmd     *exec.Cmd
}

func startScreen(s *studio) (*screen, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer read.Close()
	cmd := s.command("Xvfb", "-displayfd", "3", "-screen", "0", fmt.Sprintf("%dx%dx24", width, height), "-nolisten", "tcp", "-ac")
	cmd.ExtraFiles = []*os.File{write}
	err = cmd.Start()
	write.Close()
	if err != nil {
		return nil, fmt.Errorf("failed to launch Xvfb: %w", err)
	}
	number, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		endProcess(cmd)
		return nil, fmt.Errorf("failed to launch Xvfb: %w", err)
	}
	return &screen{display: ":" + strings.TrimSpace(number), cmd: cmd}, nil
}

func (s *screen) close() {
	if s != nil {
		endProcess(s.cmd)
	}
}
