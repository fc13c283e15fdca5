/** A bucket and the credentials for it. */
export interface Bucket {
  endpoint: string;
  bucket: string;
  accessKey: string;
  secretKey: string;
}

export async function createBucket({ endpoint, bucket, accessKey, secretKey }: Bucket): Promise<void> {
  // The SDK warns on standard error about Node.js 20, which we support.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  const { CreateBucketCommand, S3Client } = await import('@aws-sdk/client-s3');
  const credentials = { accessKeyId: accessKey, secretAccessKey: secretKey };
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
}
