"""Amazon's own Python client reads a recording from a bucket: listed, headed, in part, whole, and unharmed.

Usage: s3_client.py ENDPOINT BUCKET KEY SIZE, with the credentials in the environment
"""

import base64
import hashlib
import sys
import zlib

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT, BUCKET, KEY, SIZE = sys.argv[1:]
size = int(SIZE)
where = {"Bucket": BUCKET, "Key": KEY}
s3 = boto3.client("s3", endpoint_url=ENDPOINT, region_name="us-east-1", config=Config(s3={"addressing_style": "path"}))

listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=KEY.rpartition("/")[0])
assert (KEY, size) in [(each["Key"], each["Size"]) for each in listed["Contents"]], listed
manifests = [each["Key"] for each in listed["Contents"] if each["Key"].endswith(".json")]
assert len(manifests) == 1, listed

head = s3.head_object(**where, ChecksumMode="ENABLED")
assert (head["ContentLength"], head["ContentType"]) == (size, "video/mp4"), head

whole = s3.get_object(**where, ChecksumMode="ENABLED")["Body"].read()
assert len(whole) == size and whole[4:8] == b"ftyp", whole[:16]
assert head["ETag"] == f'"{hashlib.md5(whole).hexdigest()}"', head
assert head["ChecksumCRC32"] == base64.b64encode(zlib.crc32(whole).to_bytes(4, "big")).decode(), head

part = s3.get_object(**where, Range="bytes=4-7")
assert (part["Body"].read(), part["ContentRange"]) == (b"ftyp", f"bytes 4-7/{size}"), part
tail = s3.get_object(**where, Range="bytes=-10")
assert tail["Body"].read() == whole[-10:], tail

try:
    s3.head_object(Bucket=BUCKET, Key=f"{KEY}.absent")
    raise AssertionError("an object that was never stored")
except ClientError as error:
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 404, error.response
