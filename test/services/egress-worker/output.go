package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/livekit/protocol/livekit"
	"github.com/livekit/psrpc"
)

// output is where recordings go, as the worker's own settings say: the disk, or a bucket.
type output interface {
	// locate names the place of a file as EgressInfo shows it; "" when it has none.
	locate(filename string) string
	deliver(recorded string, j *job) (size int64, err error)
	// writeManifest puts `<egressId>.json` beside the file and returns its place, or "" when there is none.
	writeManifest(j *job, info *livekit.EgressInfo) string
}

func newOutput(c config) (output, error) {
	if c.s3Bucket != "" {
		return newBucket(c.s3Endpoint, c.s3Bucket)
	}
	return disk{dir: c.filesDir}, nil
}

// disk takes relative paths below its folder.
type disk struct{ dir string }

func (d disk) locate(filename string) string {
	if filepath.IsAbs(filename) {
		return filename
	}
	if d.dir == "" {
		return ""
	}
	return filepath.Join(d.dir, filename)
}

func (d disk) deliver(recorded string, j *job) (int64, error) {
	size, err := copyFile(recorded, j.destination)
	if err != nil {
		return 0, psrpc.NewErrorf(psrpc.InvalidArgument, "Local upload failed: %v", err)
	}
	return size, nil
}

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

func (d disk) writeManifest(j *job, info *livekit.EgressInfo) string {
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
