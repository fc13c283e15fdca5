/** A bucket, and who may use it. */
export interface Bucket {
  endpoint: string;
  bucket: string;
  accessKey: string;
  secretKey: string;
}

export async function createBucket({ endpoint, bucket, accessKey, secretKey }: Bucket): Promise<void> {
  // It warns on standard error about a Node.js that we support.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  const { CreateBucketCommand, S3Client } = await import('@aws-sdk/client-s3');
  const credentials = { accessKeyId: accessKey, secretAccessKey: secretKey };
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
}
