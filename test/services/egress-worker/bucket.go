package main

import (
	"context"
	"net/url"
	"os"

	"github.com/livekit/protocol/livekit"
	"github.com/livekit/psrpc"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// bucket of an S3 server: a file appears in it when it is whole.
type bucket struct {
	client         *minio.Client
	endpoint, name string
}

func newBucket(endpoint, name string) (*bucket, error) {
	address, err := url.Parse(endpoint)
	if err != nil {
		return nil, err
	}
	keys := credentials.NewStaticV4(os.Getenv("S3_ACCESS_KEY"), os.Getenv("S3_SECRET_KEY"), "")
	client, err := minio.New(address.Host, &minio.Options{Creds: keys, Secure: address.Scheme == "https"})
	return &bucket{client: client, endpoint: endpoint, name: name}, err
}

func (b *bucket) locate(filename string) string { return b.endpoint + "/" + b.name + "/" + filename }

func (b *bucket) deliver(recorded string, j *job) (int64, error) {
	info, err := b.client.FPutObject(context.Background(), b.name, j.filename, recorded, minio.PutObjectOptions{ContentType: "video/mp4"})
	if err != nil {
		return 0, psrpc.NewErrorf(psrpc.InvalidArgument, "S3 upload failed: %v", err)
	}
	return info.Size, nil
}

// writeManifest: the stand-in leaves none in a bucket.
func (b *bucket) writeManifest(*job, *livekit.EgressInfo) string { return "" }
