#!/usr/bin/env python3
"""An S3 server (moto) that checks signatures, with one bucket and one user who may do everything in it.

It prints "PORT KEY SECRET" and ends when its standard input is closed.
"""

import json
import logging
import os
import sys

os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "4"  # those below; everything after them must be signed

import boto3  # noqa: E402
from moto.server import ThreadedMotoServer  # noqa: E402


def main():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    common = {"endpoint_url": f"http://{host}:{port}", "region_name": "us-east-1", "aws_access_key_id": "x",
              "aws_secret_access_key": "x"}
    iam = boto3.client("iam", **common)
    iam.create_user(UserName="god")
    key = iam.create_access_key(UserName="god")["AccessKey"]
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_user_policy(UserName="god", PolicyName="all", PolicyDocument=json.dumps(everything))
    boto3.client("s3", **common).create_bucket(Bucket="bkt")
    print(port, key["AccessKeyId"], key["SecretAccessKey"], flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
