// Asks Alibaba Cloud's private CA for the status of certificates, with the vendor's generic client.

const { call, connect } = require("./alibaba");

const client = connect(process.env.ALIBABA_CAS_ENDPOINT);

exports.handler = async (event) => {
  const serials = event.certificates.map((certificate) => certificate.serial_number).join(",");
  const body = await call(client, "2020-06-30", "DescribeClientCertificateStatusForSerialNumber", {
    SerialNumber: serials,
  });
  return {
    results: body.CertificateStatus.map((row) => ({
      serial_number: row.SerialNumber,
      status: row.Status,
      revoked_at: row.RevokeTime,
    })),
    provider_request_ids: [body.RequestId],
  };
};
