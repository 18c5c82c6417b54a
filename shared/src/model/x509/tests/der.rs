//! Builds certificates element by element, so that each one can be odd.

/// The fields of a certificate, each as a whole element.
#[derive(Clone)]
pub(super) struct Parts {
    pub(super) version: Vec<u8>,
    pub(super) serial_number: Vec<u8>,
    pub(super) algorithm: Vec<u8>,
    pub(super) issuer: Vec<u8>,
    pub(super) not_before: Vec<u8>,
    pub(super) not_after: Vec<u8>,
    pub(super) subject: Vec<u8>,
    pub(super) key: Vec<u8>,
    pub(super) extensions: Vec<u8>,
    pub(super) signature: Vec<u8>,
    /// Behind the certificate.
    pub(super) trailing: Vec<u8>,
}

impl Default for Parts {
    fn default() -> Self {
        let ecdsa = element(
            0x30,
            &element(0x06, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]),
        );
        Self {
            version: element(0xa0, &element(0x02, &[2])),
            serial_number: element(0x02, &[0x0a, 0x0b]),
            algorithm: ecdsa.clone(),
            issuer: element(0x30, &set(&[(COMMON_NAME, 0x0c, b"Example CA")])),
            not_before: element(0x17, b"260101000000Z"),
            not_after: element(0x17, b"270101000000Z"),
            subject: element(
                0x30,
                &[
                    set(&[(ORGANIZATIONAL_UNIT, 0x0c, b"Depot")]),
                    set(&[(COMMON_NAME, 0x0c, b"truck-1")]),
                ]
                .concat(),
            ),
            key: element(0x30, &[ecdsa.clone(), element(0x03, &[0, 4])].concat()),
            extensions: element(0xa3, &element(0x30, &[])),
            signature: [ecdsa, element(0x03, &[0, 1, 2])].concat(),
            trailing: Vec::new(),
        }
    }
}

pub(super) const COMMON_NAME: &[u8] = &[0x55, 4, 3];
pub(super) const ORGANIZATIONAL_UNIT: &[u8] = &[0x55, 4, 11];
pub(super) const COUNTRY: &[u8] = &[0x55, 4, 6];

impl Parts {
    pub(super) fn der(&self) -> Vec<u8> {
        let validity = element(
            0x30,
            &[self.not_before.clone(), self.not_after.clone()].concat(),
        );
        let signed = [
            &self.version,
            &self.serial_number,
            &self.algorithm,
            &self.issuer,
            &validity,
            &self.subject,
            &self.key,
            &self.extensions,
        ];
        let signed = element(0x30, &signed.map(Vec::as_slice).concat());
        let whole = element(0x30, &[signed, self.signature.clone()].concat());
        [whole, self.trailing.clone()].concat()
    }
}

/// An element with as few length octets as possible.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let zeros = length.iter().take_while(|octet| **octet == 0).count();
    let octets = match (content.len(), &length[zeros..]) {
        (0, _) => vec![0],
        (1..0x80, octets) => octets.to_vec(),
        (_, octets) => [&[0x80 | u8::try_from(octets.len()).unwrap()], octets].concat(),
    };
    [&[tag], octets.as_slice(), content].concat()
}

/// An element with an indefinite length.
pub(super) fn indefinite(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag, 0x80], content, &[0, 0]].concat()
}

/// An element with more length octets than needed.
pub(super) fn padded(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    [&[tag, 0x88], &length[..], content].concat()
}

/// A name's set of attributes: type, the value's tag, the value's content.
pub(super) fn set(attributes: &[(&[u8], u8, &[u8])]) -> Vec<u8> {
    let attributes: Vec<Vec<u8>> = attributes
        .iter()
        .map(|(kind, tag, value)| {
            element(0x30, &[element(0x06, kind), element(*tag, value)].concat())
        })
        .collect();
    element(0x31, &attributes.concat())
}
