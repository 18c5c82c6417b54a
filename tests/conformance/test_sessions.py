"""The official SDKs find, end and see the end of clients' sessions at the simulator, and read things and principals."""

import time

import boto3
import pytest
from alibabacloud_onsmqtt20200420 import models as alibaba_models
from alibabacloud_onsmqtt20200420.client import Client as AlibabaClient
from alibabacloud_tea_openapi.exceptions import ClientException, ServerException
from botocore.config import Config
from simulator import Simulator
from tencentcloud.mqtt.v20240516 import models
from tencentcloud.mqtt.v20240516.mqtt_client import MqttClient

import test_alibaba_sdks
import test_aws_sdk
import test_tencent_sdk

TENCENT, ALIBABA, AWS = "tencent-mqtt", "alibaba-mqtt", "aws-iot"
TENCENT_INSTANCE, ALIBABA_INSTANCE, REGION = "mqtt-qgzaawn9", "post-cn-7mz2d0000", "eu-west-1"
DEVICE, NEIGHBOUR = "excavator-7940", "excavator-79401"

pytestmark = pytest.mark.filterwarnings("error:.*are useless")


@pytest.fixture
def tencent(simulator: Simulator) -> MqttClient:
    return test_tencent_sdk.client_with(simulator, simulator.credentials(TENCENT))


@pytest.fixture
def alibaba(simulator: Simulator) -> AlibabaClient:
    return AlibabaClient(test_alibaba_sdks.config(simulator, ALIBABA))


@pytest.fixture
def iot(simulator: Simulator):
    return test_aws_sdk.client_with(simulator, simulator.credentials(AWS))


@pytest.fixture
def iot_data(simulator: Simulator):
    return data_plane(simulator)


def data_plane(simulator: Simulator, attempts: int = 1):
    """The SDK's client of the data plane."""
    key = simulator.credentials(AWS)
    return boto3.client(
        "iot-data",
        region_name=REGION,
        endpoint_url=f"http://{simulator.host(AWS)}",
        aws_access_key_id=key.id,
        aws_secret_access_key=key.secret,
        config=Config(retries={"total_max_attempts": attempts, "mode": "standard"}, read_timeout=10),
    )


def listed(client: MqttClient, client_id: str | None, **members: object) -> dict[str, dict]:
    """The clients of DescribeClientList's answer by their ids, in order."""
    request = models.DescribeClientListRequest()
    request.InstanceId, request.ClientId = TENCENT_INSTANCE, client_id
    for name, value in members.items():
        setattr(request, name, value)
    return {one.ClientId: test_tencent_sdk.record(one) for one in client.DescribeClientList(request).Clients}


def kick(client: MqttClient, client_id: str, instance: str = TENCENT_INSTANCE, deletes: bool | None = None) -> None:
    request = models.KickOutClientRequest()
    request.InstanceId, request.ClientId, request.DeleteSession = instance, client_id, deletes
    assert client.KickOutClient(request).RequestId


def described_instance(client: MqttClient, instance: str) -> models.DescribeInstanceResponse:
    request = models.DescribeInstanceRequest()
    request.InstanceId = instance
    return client.DescribeInstance(request)


def is_online(client: AlibabaClient, client_id: str, instance: str = ALIBABA_INSTANCE) -> bool:
    request = alibaba_models.QuerySessionByClientIdRequest(client_id, instance)
    answer = client.query_session_by_client_id(request).body
    assert answer.request_id
    return answer.online_status


def close(client: AlibabaClient, client_id: str, instance: str = ALIBABA_INSTANCE) -> tuple[int, bool]:
    request = alibaba_models.CloseConnectionRequest(client_id, instance)
    answer = client.close_connection(request).body
    assert answer.request_id and answer.message
    return answer.code, answer.success


def test_tencent_lists_every_client_whose_id_begins_with_the_given_one(simulator: Simulator, tencent: MqttClient) -> None:
    found = listed(tencent, DEVICE)
    assert sorted(found) == [DEVICE, NEIGHBOUR]
    kept = simulator.client(TENCENT, TENCENT_INSTANCE, DEVICE)
    one = found[DEVICE]
    assert (one["ConnectionStatus"], one["ConnectTime"], one["DisconnectTime"]) == ("CONNECTED", kept["connected_at"], 0)
    assert (one["ClientAddress"], one["ProtocolVersion"]) == (kept["address"], kept["protocol_version"])
    assert [subscription["TopicFilter"] for subscription in one["MQTTClientSubscriptions"]] == kept["subscriptions"]
    assert listed(tencent, "no-such-client") == {}


def test_tencent_cuts_a_long_list_and_goes_on_by_time(tencent: MqttClient) -> None:
    times = [one["ConnectTime"] for one in listed(tencent, None, OnlineStatus=1).values()]
    assert len(times) == 1_024 and times == sorted(times, reverse=True)
    following = listed(tencent, None, OnlineStatus=1, Number="10", MaxTimestamp=times[9])
    assert [one["ConnectTime"] for one in following.values()] == times[9:19]
    offline = listed(tencent, None, OnlineStatus=2)
    assert offline and {one["ConnectionStatus"] for one in offline.values()} == {"DISCONNECTED"}
    assert all(one["DisconnectTime"] for one in offline.values())
    assert test_tencent_sdk.refusal(listed, tencent, DEVICE, Number="1025") == "InvalidParameterValue"


def test_tencent_kicks_out_the_client_of_exactly_that_id(simulator: Simulator, tencent: MqttClient) -> None:
    serial = simulator.client(TENCENT, TENCENT_INSTANCE, DEVICE)["certificate"]
    kick(tencent, DEVICE)
    assert listed(tencent, DEVICE)[DEVICE]["ConnectionStatus"] == "CONNECTED", "it is back at once"
    test_tencent_sdk.switch(tencent, "Deactivate", serial)
    assert listed(tencent, DEVICE)[DEVICE]["ConnectionStatus"] == "CONNECTED", "its session goes on"
    start = int(time.time() * 1000)
    for client_id in [DEVICE, DEVICE, "no-such-client", f"{DEVICE}*"]:
        kick(tencent, client_id)
    kick(tencent, DEVICE, deletes=True)
    assert list(listed(tencent, DEVICE)) == [NEIGHBOUR]
    kept = simulator.client(TENCENT, TENCENT_INSTANCE, DEVICE)
    assert not kept["connected"] and kept["disconnected_at"] >= start
    assert not simulator.connect(TENCENT, TENCENT_INSTANCE, DEVICE)

    test_tencent_sdk.switch(tencent, "Activate", serial)
    assert listed(tencent, DEVICE, OnlineStatus=1).keys() == {DEVICE, NEIGHBOUR}
    assert test_tencent_sdk.refusal(kick, tencent, DEVICE, "mqtt-nowhere1") == "ResourceNotFound.Instance"


def test_tencent_tells_how_an_instance_checks_certificates(tencent: MqttClient) -> None:
    answer = described_instance(tencent, TENCENT_INSTANCE)
    assert (answer.InstanceId, answer.X509Mode, answer.InstanceStatus) == (TENCENT_INSTANCE, "BYOC", "RUNNING")
    assert test_tencent_sdk.refusal(described_instance, tencent, "mqtt-nowhere1") == "ResourceNotFound.Instance"


def test_alibaba_closes_the_connection_of_exactly_that_client(simulator: Simulator, alibaba: AlibabaClient) -> None:
    serials = {"device_sn": simulator.client(ALIBABA, ALIBABA_INSTANCE, DEVICE)["certificate"], "ca_sn": "007269004887"}
    assert is_online(alibaba, DEVICE) and not is_online(alibaba, "no-such-client")
    assert close(alibaba, DEVICE) == (200, True)
    assert is_online(alibaba, DEVICE), "it is back at once"
    test_alibaba_sdks.inactivate(alibaba, **serials)
    assert is_online(alibaba, DEVICE), "its session goes on"
    for client_id in [DEVICE, DEVICE, "no-such-client"]:
        assert close(alibaba, client_id) == (200, True)
    assert not is_online(alibaba, DEVICE)

    request = alibaba_models.ActiveDeviceCertificateRequest(mqtt_instance_id=ALIBABA_INSTANCE, **serials)
    assert alibaba.active_device_certificate(request).body.device_sn == serials["device_sn"]
    assert test_alibaba_sdks.get(alibaba, **serials)["Status"] == "1" and is_online(alibaba, DEVICE)


def test_alibaba_refuses_what_it_does_not_know(simulator: Simulator, alibaba: AlibabaClient) -> None:
    for action in (is_online, close):
        found = test_alibaba_sdks.refusal(ServerException, action, alibaba, DEVICE, "post-cn-nowhere")
        assert found == (500, "MqttInstanceNotFound")
        found = test_alibaba_sdks.refusal(ClientException, action, alibaba, "")
        assert found == (400, "ParameterFieldCheckFailed")
    simulator.fail(ALIBABA, {"code": {"code": "ApiNotSupport", "status": 404}})
    assert test_alibaba_sdks.refusal(ClientException, close, alibaba, DEVICE) == (404, "ApiNotSupport")
    assert is_online(alibaba, DEVICE)


def test_aws_tells_and_ends_a_connection(simulator: Simulator, iot, iot_data) -> None:
    kept = simulator.client(AWS, REGION, DEVICE)
    answer = iot_data.get_connection(clientId=DEVICE, includeSocketInformation=True)
    assert (answer["connected"], answer["clientId"], answer["thingName"]) == (True, DEVICE, DEVICE)
    assert answer["connectedSince"] == kept["connected_at"] and answer["keepAliveDuration"] == kept["keep_alive"]
    assert f"{answer['sourceIp']}:{answer['sourcePort']}" == kept["address"]
    iot_data.delete_connection(clientId=DEVICE)
    assert iot_data.get_connection(clientId=DEVICE)["connected"], "it is back at once"

    iot.update_certificate(certificateId=kept["certificate"], newStatus="INACTIVE")
    start = int(time.time() * 1000)
    iot_data.delete_connection(clientId=DEVICE, cleanSession=True, preventWillMessage=True)
    answer = iot_data.get_connection(clientId=DEVICE)
    assert not answer["connected"] and answer["disconnectedSince"] >= start
    assert answer["disconnectReason"] == "API_INITIATED_DISCONNECT"
    assert test_aws_sdk.refusal(iot_data.delete_connection, clientId=DEVICE) == (404, "ResourceNotFoundException")
    iot.update_certificate(certificateId=kept["certificate"], newStatus="ACTIVE")
    assert iot_data.get_connection(clientId=DEVICE)["connected"]


@pytest.mark.parametrize("client_id", ["a/b", "a b", "设备 1", "x$y", "a%2Fb", "?#&+=", "a+b//c", "~'()*!", "a\\b\t"])
def test_aws_takes_any_client_id(simulator: Simulator, iot_data, client_id: str) -> None:
    simulator.add_client(AWS, REGION, client_id, reconnects="never")
    assert iot_data.get_connection(clientId=client_id)["clientId"] == client_id
    iot_data.delete_connection(clientId=client_id)
    assert not simulator.client(AWS, REGION, client_id)["connected"]


def test_aws_refuses_what_is_not_there(iot_data) -> None:
    for call in (iot_data.get_connection, iot_data.delete_connection):
        assert test_aws_sdk.refusal(call, clientId="no-such-client") == (404, "ResourceNotFoundException")
        for wrong in ["$truck", "x" * 129]:
            assert test_aws_sdk.refusal(call, clientId=wrong) == (400, "InvalidRequestException")


def test_aws_throttles_both_planes_with_their_own_status(simulator: Simulator, iot, iot_data) -> None:
    simulator.fail(AWS, "throttle")
    assert test_aws_sdk.refusal(iot_data.get_connection, clientId=DEVICE) == (429, "ThrottlingException")
    simulator.fail(AWS, "throttle")
    assert test_aws_sdk.refusal(iot.list_thing_principals, thingName=DEVICE) == (400, "ThrottlingException")
    simulator.fail(AWS, "throttle")
    assert data_plane(simulator, attempts=2).get_connection(clientId=DEVICE)["connected"]


def test_aws_lists_the_principals_of_a_thing(simulator: Simulator, iot) -> None:
    hub = next(thing for thing in simulator.things() if thing["name"] == "gateway-lyon-hub")
    assert len(hub["principals"]) == 51
    found = pages(iot.list_thing_principals, "principals", thingName=hub["name"], maxResults=20)
    assert [len(page) for page in found] == [20, 20, 11]
    assert [principal for page in found for principal in page] == hub["principals"]
    paginator = iot.get_paginator("list_thing_principals").paginate(thingName=hub["name"])
    assert [principal for page in paginator for principal in page["principals"]] == hub["principals"]
    assert sum(":cert/" not in principal for principal in hub["principals"]) == 1
    assert test_aws_sdk.refusal(iot.list_thing_principals, thingName="no-such-thing") == (404, "ResourceNotFoundException")


def test_aws_lists_the_things_of_a_certificate(simulator: Simulator, iot) -> None:
    things = {thing["name"]: thing["principals"] for thing in simulator.things() if thing["region"] == REGION}
    for name, least in [("crane-0101", 3), (DEVICE, 1)]:
        [certificate] = things[name]
        found = [thing for page in pages(iot.list_principal_things, "things", principal=certificate, maxResults=2) for thing in page]
        assert sorted(found) == sorted(thing for thing, principals in things.items() if certificate in principals)
        assert len(found) >= least
    unknown = things[DEVICE][0][:-64] + "0" * 64
    assert iot.list_principal_things(principal=unknown)["things"] == []


def test_aws_keeps_a_revoked_certificate_revoked(simulator: Simulator, iot) -> None:
    certificate = simulator.client(AWS, REGION, DEVICE)["certificate"]
    iot.update_certificate(certificateId=certificate, newStatus="REVOKED")
    for status in ["ACTIVE", "INACTIVE"]:
        refused = test_aws_sdk.refusal(iot.update_certificate, certificateId=certificate, newStatus=status)
        assert refused == (406, "CertificateStateException")
    assert test_aws_sdk.described(iot, certificate)["status"] == "REVOKED"


def pages(call, member: str, **members: object) -> list[list[str]]:
    """That member of all pages, by their tokens."""
    found = []
    while True:
        answer = call(**members)
        found.append(answer[member])
        if not answer.get("nextToken"):
            return found
        members["nextToken"] = answer["nextToken"]
