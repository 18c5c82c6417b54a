// Lists the device certificates of a Tencent Cloud MQTT instance with the vendor's SDK.

const https = require("node:https");
const { mqtt } = require("tencentcloud-sdk-nodejs/tencentcloud/services/mqtt");

const client = new mqtt.v20240516.Client({
  credential: { secretId: process.env.TENCENTCLOUD_SECRET_ID, secretKey: process.env.TENCENTCLOUD_SECRET_KEY },
  region: process.env.TENCENTCLOUD_REGION,
  profile: {
    httpProfile: {
      endpoint: new URL(process.env.TENCENT_MQTT_ENDPOINT).host,
      agent: new https.Agent({ keepAlive: true }),
    },
  },
});

exports.handler = async (event) => {
  const answer = await client.DescribeDeviceCertificates({ InstanceId: event.instance_id, Limit: event.limit });
  return {
    total_count: answer.TotalCount,
    certificates: answer.Data.map((certificate) => ({
      serial_number: certificate.DeviceCertificateSn,
      ca_serial_number: certificate.CaSn,
      client_id: certificate.ClientId,
      common_name: certificate.DeviceCertificateCn,
      status: certificate.Status,
      not_before: certificate.NotBeforeTime,
      not_after: certificate.NotAfterTime,
    })),
  };
};
