//! A function that does nothing but the call of `describe`, over the same client: no signature, and
//! nothing is read of the answer but that it came. What `describe` takes more is its own work.

use std::path::Path;
use std::time::Duration;

use certificate_provider::transport::{HttpClient, SendHttp, http_request};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;

const ACTION: HeaderName = HeaderName::from_static("x-tc-action");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let url = std::env::var("TENCENT_MQTT_ENDPOINT")? + "/";
    let client = HttpClient::new(
        std::env::var_os("SSL_CERT_FILE").as_deref().map(Path::new),
        None,
    )?;
    client
        .connect_ahead(&url)
        .await
        .map_err(|error| error.to_string())?;
    let (client, url) = (&client, &url);
    lambda_runtime::run(service_fn(
        async move |event: LambdaEvent<Box<RawValue>>| {
            let action = HeaderValue::from_static("DescribeDeviceCertificates");
            let headers = HeaderMap::from_iter([(ACTION, action)]);
            let request = http_request(Method::POST, url, headers, b"{}".to_vec())?;
            match client.send(request, Duration::from_secs(5)).await {
                Ok(answer) if answer.status() == 200 => Ok(event.payload),
                other => Err(Error::from(format!("{other:?}"))),
            }
        },
    ))
    .await
}
