//! Things, AWS IoT's records of devices: `ListPrincipalThings` and `ListThingPrincipals`. AWS
//! recommends that a device takes the name of its thing as client id.

use std::collections::{BTreeMap, BTreeSet};

use super::wire::{Names, certificate_of};
use super::{AwsIot, NAME, absent_when_not_found, read};
use crate::error::{Concerns, Error, ErrorCode};
use crate::model::{Action, Certificate, ClientIds, Fingerprint};
use crate::provider::each::each;
use crate::signing::percent_encode;
use crate::transport::HttpResponse;
use crate::vendor::codes::unexpected_answer;

/// The vendor's largest page.
const PAGE_SIZE: usize = 250;

/// Maximum number of names in one list. No device has a certificate of more things, or is a thing of
/// more certificates, and an answer could not hold the names.
const MOST_NAMES: usize = 500;

/// The longest name of a thing.
const LONGEST: usize = 128;

impl AwsIot<'_> {
    /// The names of all things that a certificate is attached to. One that is gone by now has none.
    pub(super) async fn things_of(&self, certificate: &Certificate) -> Result<Vec<String>, Error> {
        let arn = certificate.arn.as_deref().ok_or_else(|| {
            let problem =
                "it has no certificateArn of this certificate, by which its things are listed";
            unexpected_answer(NAME, 200, problem)
        })?;
        let headers = [("x-amzn-principal", arn)];
        self.names(
            Action::ListPrincipalThings,
            "/principals/things",
            &headers,
            "things",
        )
        .await
    }

    /// The same certificate with the names of its things as client ids.
    pub(super) async fn with_things(&self, certificate: Certificate) -> Result<Certificate, Error> {
        let things = self.things_of(&certificate).await?;
        Ok(Certificate {
            client_ids: ClientIds::All(things),
            ..certificate
        })
    }

    /// The ids of the certificates that are attached to the things of these names, each with those
    /// names, in the order of the ids.
    pub(super) async fn certificates_of(
        &self,
        names: &[String],
    ) -> Result<BTreeMap<Fingerprint, Vec<String>>, Error> {
        let names: BTreeSet<&String> = names.iter().filter(|name| is_a_name(name)).collect();
        let lists = each(&names, async |name: &&String| {
            self.certificates_of_one(name).await
        })
        .await;
        let mut things_of: BTreeMap<Fingerprint, Vec<String>> = BTreeMap::new();
        for (name, ids) in names.into_iter().zip(lists) {
            for id in ids? {
                let things = things_of.entry(id).or_default();
                // A list may name a certificate twice.
                if !things.contains(name) {
                    things.push(name.clone());
                }
            }
        }
        Ok(things_of)
    }

    /// The ids of the certificates that are attached to a thing. A thing that does not exist has
    /// none. Its other principals, like identities of Amazon Cognito, are no certificates.
    async fn certificates_of_one(&self, name: &str) -> Result<Vec<Fingerprint>, Error> {
        let path = format!("/things/{}/principals", percent_encode(name));
        let principals = self
            .names(Action::ListThingPrincipals, &path, &[], "principals")
            .await?;
        let ids = principals
            .iter()
            .filter(|arn| arn.contains(":cert/"))
            .map(|arn| certificate_of(arn));
        // The certificate that is left out might be the one that is looked for.
        ids.collect::<Option<_>>().ok_or_else(|| {
            unexpected_answer(NAME, 200, "a certificate in it has no SHA-256 in hex as id")
        })
    }

    /// The names on all pages of a list. Empty when the provider does not know the certificate or the
    /// thing to which the list belongs.
    async fn names(
        &self,
        action: Action,
        path: &str,
        headers: &[(&'static str, &str)],
        member: &str,
    ) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let next = token
                .as_deref()
                .map(|token| format!("&nextToken={}", percent_encode(token)))
                .unwrap_or_default();
            let path_and_query = format!("{path}?maxResults={PAGE_SIZE}{next}");
            let accept = |response: &HttpResponse| {
                let page = read(response, |answer| Names::read(answer, member))?;
                if page.next_token.is_some() && page.next_token == token {
                    let problem = "its nextToken leads back to the same page";
                    return Err(unexpected_answer(NAME, 200, problem));
                }
                Ok(page)
            };
            let answer = self
                .call_with(action, &path_and_query, headers, accept)
                .await;
            let page = match token {
                None => absent_when_not_found(answer)?,
                Some(_) => Some(answer?),
            };
            let Some(page) = page else {
                return Ok(names);
            };
            names.extend(page.names);
            if names.len() > MOST_NAMES {
                let detail = format!(
                    "{} lists more than {MOST_NAMES} names, which is more than one device has",
                    action.as_str()
                );
                let error = Error::new(ErrorCode::ProviderRejected, detail);
                return Err(error.about(Concerns::Parameters));
            }
            match page.next_token {
                Some(next) => token = Some(next),
                None => return Ok(names),
            }
        }
    }
}

/// Whether a thing can have this name. Another text matches no thing, and so no certificate.
fn is_a_name(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b":_-".contains(&byte);
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(is_allowed)
}

#[cfg(test)]
mod tests;
