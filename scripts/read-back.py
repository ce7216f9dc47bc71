"""Reads back with boto3, page by page, what the story wrote into the embedded AWS; prints it as JSON.

Where AWS is, and as whom to ask, is in the environment, as any user of boto3 has it.
"""
import json

import boto3
from botocore.exceptions import ClientError


def pages(client, operation, key, **parameters):
    paginator = client.get_paginator(operation)
    return [item for page in paginator.paginate(PaginationConfig={"PageSize": 1}, **parameters) for item in page[key]]


def refused(call, **parameters):
    try:
        call(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


ecr, iam, sts = (boto3.client(service) for service in ("ecr", "iam", "sts"))
repositories = [one["repositoryName"] for one in pages(ecr, "describe_repositories", "repositories")]
roles = [one["RoleName"] for one in pages(iam, "list_roles", "Roles")]
print(
    json.dumps(
        {
            "caller": sts.get_caller_identity()["Arn"],
            "repositories": repositories,
            "tags": {
                name: sorted(
                    one["imageTag"]
                    for one in pages(ecr, "list_images", "imageIds", repositoryName=name)
                    if "imageTag" in one
                )
                for name in repositories
            },
            "roles": roles,
            "policies": {
                name: {
                    one: iam.get_role_policy(RoleName=name, PolicyName=one)["PolicyDocument"]
                    for one in pages(iam, "list_role_policies", "PolicyNames", RoleName=name)
                }
                for name in roles
            },
            "otherRegion": refused(boto3.client("ecr", region_name="us-west-2").describe_repositories),
            "unknownRole": refused(iam.get_role, RoleName="nobody"),
        }
    )
)
