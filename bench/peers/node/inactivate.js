// Switches device certificates of Alibaba Cloud MQTT off that are on, with the vendor's generic client.

const { call, connect } = require("./alibaba");

const VERSION = "2020-04-20";
const client = connect(process.env.ALIBABA_MQTT_ENDPOINT);

const inactivate = async (instanceId, certificate) => {
  const serials = {
    MqttInstanceId: instanceId,
    DeviceSn: certificate.serial_number,
    CaSn: certificate.ca_serial_number,
  };
  const found = (await call(client, VERSION, "GetDeviceCertificate", serials)).Data;
  let outcome = "already_inactive";
  if (found.Status !== "0") {
    await call(client, VERSION, "InactivateDeviceCertificate", serials);
    outcome = "inactivated";
  }
  return { serial_number: found.DeviceSn, status_before: found.Status, outcome };
};

exports.handler = async (event) => {
  const results = [];
  for (const certificate of event.certificates) {
    results.push(await inactivate(event.instance_id, certificate));
  }
  return { results };
};
