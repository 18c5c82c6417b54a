// A call to Alibaba Cloud with the vendor's generic client.

const { Config, OpenApiRequest, Params, default: Client } = require("@alicloud/openapi-client");
const { RuntimeOptions } = require("@alicloud/tea-util");

const runtime = new RuntimeOptions({ keepAlive: true });

exports.connect = (endpoint) =>
  new Client(
    new Config({
      accessKeyId: process.env.ALIBABA_CLOUD_ACCESS_KEY_ID,
      accessKeySecret: process.env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
      regionId: process.env.ALIBABA_CLOUD_REGION_ID,
      endpoint: new URL(endpoint).host,
    }),
  );

exports.call = async (client, version, action, query) => {
  const params = new Params({
    action,
    version,
    protocol: "HTTPS",
    pathname: "/",
    method: "POST",
    authType: "AK",
    style: "RPC",
    reqBodyType: "formData",
    bodyType: "json",
  });
  return (await client.callApi(params, new OpenApiRequest({ query }), runtime)).body;
};
