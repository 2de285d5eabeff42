"""A client of the agent made from the .proto files alone, as any other tooling would be.

    client.py PROTO-FOLDER WORK-FOLDER HOST:PORT TLS-FOLDER NAME PID

Pauses the process, renews, restores it, and prints what was seen of it as one JSON document.
"""
import json
import pathlib
import sys
import uuid

import grpc
from grpc_tools import protoc

proto_folder, work_folder, address, tls_folder, name, pid = sys.argv[1:]
protos = [f"leash/v1/{file}.proto" for file in ("process", "fault", "programme", "agent")]
include = pathlib.Path(protoc.__file__).parent / "_proto"
code = protoc.main(
    ["protoc", f"-I{proto_folder}", f"-I{include}", "-I/usr/include", f"--python_out={work_folder}", f"--grpc_python_out={work_folder}", *protos]
)
if code != 0:
    sys.exit(f"protoc ended with {code}")
sys.path.insert(0, work_folder)

from leash.v1 import agent_pb2, agent_pb2_grpc, fault_pb2, process_pb2  # noqa: E402

tls = pathlib.Path(tls_folder)
credentials = grpc.ssl_channel_credentials(
    (tls / "ca.crt").read_bytes(), (tls / f"{name}.key").read_bytes(), (tls / f"{name}.crt").read_bytes()
)


def state():
    """The state letter of each thread of the process."""
    letters = [path.read_text().rpartition(")")[2].split()[0] for path in pathlib.Path(f"/proc/{pid}/task").glob("*/stat")]
    return "".join(sorted(set(letters)))


with grpc.secure_channel(address, credentials) as channel:
    agent = agent_pb2_grpc.AgentStub(channel)
    spec = fault_pb2.FaultSpec(kind="process.pause")
    targeting = process_pb2.Targeting(
        selector=process_pb2.Selector(pid=int(pid)), choice=process_pb2.Choice(mode=process_pb2.MODE_ALL)
    )
    plan = agent.Plan(
        agent_pb2.PlanRequest(spec=spec, targeting=targeting, duration_ms=60000, stage="development"), timeout=10
    )
    if plan.refusals:
        sys.exit(f"refused: {[refusal.message for refusal in plan.refusals]}")
    injected = agent.Inject(
        agent_pb2.InjectRequest(
            idempotency_key=str(uuid.uuid4()),
            spec=spec,
            targeting=targeting,
            targets=[target.identity for target in plan.targets],
            targets_digest=plan.targets_digest,
            lease_ttl_ms=3000,
            duration_ms=60000,
            halt_epoch=plan.halt_epoch,
            stage="development",
        ),
        timeout=10,
    )
    while_held = state()
    fault_id = injected.fault.fault_id
    renewed = agent.Renew(
        agent_pb2.RenewRequest(renewals=[agent_pb2.Renewal(fault_id=fault_id, lease_ttl_ms=9000)]), timeout=10
    ).results[0]
    receipt = agent.Restore(agent_pb2.RestoreRequest(fault_id=fault_id, reason="done"), timeout=10).receipts[0]
    print(
        json.dumps(
            {
                "whileHeld": while_held,
                "renewed": renewed.renewed,
                "leaseRemainingMs": renewed.lease_remaining_ms,
                "confirmed": receipt.confirmed,
                "seen": receipt.targets[0].seen,
                "afterwards": state(),
            }
        )
    )
