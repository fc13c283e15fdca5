package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/livekit/protocol/livekit"
)

// copyFile is not atomic, like LiveKit's own local output: a reader may see a growing file.
func copyFile(from, to string) (int64, error) {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return 0, err
	}
	source, err := os.Open(from)
	if err != nil {
		return 0, err
	}
	defer source.Close()
	target, err := os.Create(to)
	if err != nil {
		return 0, err
	}
	size, err := io.Copy(target, source)
	if closeErr := target.Close(); err == nil {
		err = closeErr
	}
	return size, err
}

type manifestFile struct {
	Filename string `json:"filename"`
	Location string `json:"location"`
}

type manifest struct {
	EgressID  string         `json:"egress_id"`
	RoomID    string         `json:"room_id"`
	RoomName  string         `json:"room_name"`
	StartedAt int64          `json:"started_at"`
	EndedAt   int64          `json:"ended_at"`
	Files     []manifestFile `json:"files"`
}

// writeManifest puts `<egressId>.json` beside the file and returns its path, or "" when that failed.
func writeManifest(j *job, info *livekit.EgressInfo) string {
	location := filepath.Join(filepath.Dir(j.destination), j.egressID+".json")
	content, err := json.Marshal(manifest{
		EgressID: info.EgressId, RoomID: info.RoomId, RoomName: info.RoomName, StartedAt: info.StartedAt, EndedAt: info.EndedAt,
		Files: []manifestFile{{Filename: j.filename, Location: j.destination}},
	})
	if err == nil {
		err = os.WriteFile(location, content, 0o644)
	}
	if err != nil {
		slog.Warn("manifest not written", "egress", j.egressID, "error", err)
		return ""
	}
	return location
}
