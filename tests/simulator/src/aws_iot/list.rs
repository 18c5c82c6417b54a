//! ListCertificates and ListCertificatesByCA: order, pages and markers.

use super::{AwsCertificate, invalid_request};
use crate::exchange::Refusal;
use crate::fleet::store::Store;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

const DEFAULT_SIZE: usize = 25;
const MOST_A_PAGE: usize = 250;

/// The beginning of a marker, so that its base64 text holds characters that a query has to encode.
const MARKER_START: [u8; 2] = [0xfb, 0xff];

/// The place of a certificate in the lists: creation in epoch milliseconds, then its identifier.
type Place<'a> = (i64, &'a str);

/// A page of the certificates of a region, of one CA if it is given; an unknown CA has none.
pub(super) fn certificates(
    store: &Store,
    region: &str,
    parameters: &Value,
    ca: Option<&str>,
) -> Result<Value, Refusal> {
    let page = Page::read(parameters)?;
    let after = page
        .marker
        .as_ref()
        .map(|(created, id)| (*created, id.as_str()));
    let mut rest: Vec<&AwsCertificate> = store
        .fleet()
        .aws_iot
        .values()
        .filter(|certificate| certificate.region == region)
        .filter(|certificate| {
            ca.is_none_or(|ca| certificate.ca_certificate_id.as_deref() == Some(ca))
        })
        .filter(|certificate| {
            after.is_none_or(|after| {
                if page.ascending {
                    place(certificate) > after
                } else {
                    place(certificate) < after
                }
            })
        })
        .collect();
    rest.sort_unstable_by(|one, other| place(one).cmp(&place(other)));
    if !page.ascending {
        rest.reverse();
    }
    let more = rest.len() > page.size;
    rest.truncate(page.size);
    let next = rest.last().filter(|_| more).map(|last| marker(place(last)));
    let rows: Vec<Value> = rest.into_iter().map(AwsCertificate::row).collect();
    Ok(match next {
        Some(marker) => json!({"certificates": rows, "nextMarker": marker}),
        None => json!({"certificates": rows}),
    })
}

fn place(certificate: &AwsCertificate) -> Place<'_> {
    (certificate.creation_date, &certificate.certificate_id)
}

/// The page that a caller asks for.
struct Page {
    size: usize,
    ascending: bool,
    /// The place of the last certificate of the page before.
    marker: Option<(i64, String)>,
}

impl Page {
    fn read(parameters: &Value) -> Result<Self, Refusal> {
        let text = |name: &str| parameters.get(name).and_then(Value::as_str);
        let size = text("pageSize").map_or(Some(DEFAULT_SIZE), |size| size.parse().ok());
        let size = size.filter(|size| (1..=MOST_A_PAGE).contains(size));
        let ascending = text("isAscendingOrder").map_or(Some(false), |order| order.parse().ok());
        Ok(Self {
            size: size
                .ok_or_else(|| invalid_request("pageSize must be a number from 1 to 250."))?,
            ascending: ascending
                .ok_or_else(|| invalid_request("isAscendingOrder must be true or false."))?,
            marker: text("marker")
                .map(|marker| {
                    read_marker(marker).ok_or_else(|| invalid_request("The marker is not valid."))
                })
                .transpose()?,
        })
    }
}

/// A marker that continues after this place even when its certificate is gone by then.
fn marker((created, id): Place<'_>) -> String {
    STANDARD.encode([&MARKER_START, format!("{created} {id}").as_bytes()].concat())
}

fn read_marker(text: &str) -> Option<(i64, String)> {
    let bytes = STANDARD.decode(text).ok()?;
    let place = std::str::from_utf8(bytes.strip_prefix(&MARKER_START)?).ok()?;
    let (created, id) = place.split_once(' ')?;
    Some((created.parse().ok()?, id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_leads_back_to_its_place_and_needs_encoding() {
        let marker = marker((1_740_787_200_123, &"ab".repeat(32)));
        assert!(
            marker.starts_with("+/") && marker.ends_with('=') && marker.len() < 1024,
            "{marker}"
        );
        assert_eq!(
            read_marker(&marker),
            Some((1_740_787_200_123, "ab".repeat(32)))
        );
        for wrong in ["", "+/8", "AAAb+c/d9==", "AAAA", "*"] {
            assert_eq!(read_marker(wrong), None, "{wrong}");
        }
    }
}
