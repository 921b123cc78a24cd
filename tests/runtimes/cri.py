#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""cri.py API-DIR SOCKET POD: what a kubelet asks for of a pod with one container,
over CRI, in this order: the sandbox, the container, its start, its end, their
removal. POD is a file of JSON:

  handler      the RuntimeClass's, or none
  annotations  of the pod
  profile      a Localhost profile, or none
  userns       the first of 65536 host ids (hostUsers: false), or none
  image, command

API-DIR has api_pb2.py (protoc). What the container printed comes out; exit status
0 if its own was 0. An error of CRI's is printed, exit status 1."""
import json
import os
import shutil
import sys
import time

import grpc

sys.path.insert(0, sys.argv[1])
import api_pb2 as cri  # pylint: disable=wrong-import-position,import-error

LOGS = "/run/cri-logs"
channel = grpc.insecure_channel("unix://" + sys.argv[2])


def call(name, **fields):
    request = getattr(cri, name + "Request")
    response = getattr(cri, name + "Response")
    method = channel.unary_unary(f"/runtime.v1.RuntimeService/{name}",
                                 request_serializer=request.SerializeToString,
                                 response_deserializer=response.FromString)
    return method(request(**fields), timeout=60)


def security(pod):
    """What sandbox and container have in common."""
    options = {"network": cri.POD, "pid": cri.CONTAINER, "ipc": cri.POD}
    if pod.get("userns"):
        ids = [cri.IDMapping(host_id=pod["userns"], container_id=0, length=65536)]
        options["userns_options"] = cri.UserNamespace(mode=cri.POD, uids=ids, gids=ids)
    profile = cri.SecurityProfile(profile_type=cri.SecurityProfile.Unconfined)
    if pod.get("profile"):
        profile = cri.SecurityProfile(profile_type=cri.SecurityProfile.Localhost,
                                      localhost_ref=pod["profile"])
    return {"namespace_options": cri.NamespaceOption(**options), "seccomp": profile}


def sandbox_config(pod):
    return cri.PodSandboxConfig(
        metadata=cri.PodSandboxMetadata(name="try", uid="1", namespace="default"),
        hostname="try", log_directory=LOGS, annotations=pod.get("annotations", {}),
        linux=cri.LinuxPodSandboxConfig(
            security_context=cri.LinuxSandboxSecurityContext(**security(pod))))


def container_config(pod):
    return cri.ContainerConfig(
        metadata=cri.ContainerMetadata(name="try"),
        image=cri.ImageSpec(image=pod["image"]), command=pod["command"],
        log_path="try.log",
        linux=cri.LinuxContainerConfig(
            security_context=cri.LinuxContainerSecurityContext(**security(pod))))


def wait(container):
    while True:
        status = call("ContainerStatus", container_id=container).status
        if status.state == cri.CONTAINER_EXITED:
            return status.exit_code
        time.sleep(0.1)


def run_container(pod, sandbox, config):
    container = call("CreateContainer", pod_sandbox_id=sandbox,
                     config=container_config(pod), sandbox_config=config).container_id
    try:
        call("StartContainer", container_id=container)
        status = wait(container)
        with open(LOGS + "/try.log", encoding="utf-8") as log:
            for line in log:
                print(line.split(" ", 3)[3], end="")
    finally:
        call("RemoveContainer", container_id=container)
    return status


def main():
    with open(sys.argv[3], encoding="utf-8") as file:
        pod = json.load(file)
    shutil.rmtree(LOGS, ignore_errors=True)
    os.makedirs(LOGS)
    config = sandbox_config(pod)
    sandbox = call("RunPodSandbox", config=config,
                   runtime_handler=pod.get("handler", "")).pod_sandbox_id
    try:
        return run_container(pod, sandbox, config)
    finally:
        call("StopPodSandbox", pod_sandbox_id=sandbox)
        call("RemovePodSandbox", pod_sandbox_id=sandbox)


try:
    sys.exit(main())
except grpc.RpcError as error:
    print(error.details())
    sys.exit(1)
