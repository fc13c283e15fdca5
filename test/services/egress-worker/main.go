// Command egress-worker is a stand-in for LiveKit's egress worker, for tests only.
//
// It speaks the worker's side of psrpc, so a real livekit-server cannot tell it from one, and records what a
// browser in the room shows. It proves how a control plane works with the server, not how LiveKit's worker behaves.
package main

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"
)

type config struct {
	redis       string
	wsURL       string
	apiKey      string
	apiSecret   string
	filesDir    string
	s3Endpoint  string
	s3Bucket    string
	tempDir     string
	clientJS    string
	capacity    int
	noMedia     bool
	sample      string
	activeAfter time.Duration
	attendees   []string
}

func parseConfig() config {
	var c config
	flag.StringVar(&c.redis, "redis", "", "host:port of LiveKit's Redis")
	flag.StringVar(&c.wsURL, "ws-url", "", "LiveKit's address as recorders reach it, ws://…")
	flag.StringVar(&c.filesDir, "files-dir", "", "where relative file paths land")
	flag.StringVar(&c.s3Endpoint, "s3-endpoint", "", "S3 server that files go to instead, keys in S3_ACCESS_KEY and S3_SECRET_KEY")
	flag.StringVar(&c.s3Bucket, "s3-bucket", "", "its bucket")
	flag.StringVar(&c.tempDir, "temp-dir", os.TempDir(), "where recordings grow until they end")
	flag.StringVar(&c.clientJS, "client-js", "", "livekit-client's browser bundle")
	flag.IntVar(&c.capacity, "capacity", 1, "egresses at once; beyond it the worker stays silent")
	flag.BoolVar(&c.noMedia, "no-media", false, "capture nothing: take a seat in the room and write the sample at the end")
	flag.StringVar(&c.sample, "sample", "", "the ready-made MP4 of -no-media")
	flag.DurationVar(&c.activeAfter, "active-after", 50*time.Millisecond, "how long -no-media stays STARTING")
	attends := flag.Bool("attend", false, "only sit in the rooms of the tokens that follow, as silent participants")
	flag.Parse()
	if *attends {
		c.attendees = flag.Args()
	}
	c.apiKey, c.apiSecret = os.Getenv("LIVEKIT_API_KEY"), os.Getenv("LIVEKIT_API_SECRET")
	return c
}

func main() {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err := serve(parseConfig()); err != nil {
		slog.Error("stand-in egress worker failed", "error", err)
		os.Exit(1)
	}
}

func serve(c config) error {
	if len(c.attendees) > 0 {
		return attend(c.wsURL, c.attendees)
	}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	factory, closeFactory, err := newCaptureFactory(c)
	if err != nil {
		return err
	}
	defer closeFactory()
	w, err := newWorker(c, factory)
	if err != nil {
		return err
	}
	fmt.Println("stand-in egress worker ready")
	for received := range signals {
		if received == syscall.SIGTERM { // finish what runs, take nothing new
			go func() { w.drain(); signals <- syscall.SIGINT }()
			continue
		}
		w.kill()
		break
	}
	return nil
}
