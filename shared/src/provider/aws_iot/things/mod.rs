//! Things, AWS IoT's records of devices: `ListPrincipalThings` and `ListThingPrincipals`. AWS
//! recommends that a device takes the name of its thing as client id.

use super::wire::Names;
use super::{AwsIot, NAME, read};
use crate::error::Error;
use crate::model::Action;
use crate::signing::percent_encode;
use crate::transport::{Failure, HttpResponse};
use crate::vendor::codes::not_an_answer;

/// The vendor's largest page.
const PAGE_SIZE: usize = 250;

impl AwsIot<'_> {
    /// The names of all things that a certificate is attached to.
    pub(super) async fn things_of(&self, arn: &str) -> Result<Vec<String>, Failure> {
        let headers = [("x-amzn-principal", arn)];
        self.names(
            Action::ListPrincipalThings,
            "/principals/things",
            &headers,
            "things",
        )
        .await
    }

    /// The names on all pages of a list.
    async fn names(
        &self,
        action: Action,
        path: &str,
        headers: &[(&'static str, &str)],
        member: &str,
    ) -> Result<Vec<String>, Failure> {
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
                    return Err(not_an_answer(NAME, 200, problem));
                }
                Ok(page)
            };
            let page = self
                .call_with(action, &path_and_query, headers, accept)
                .await?;
            names.extend(page.names);
            match page.next_token {
                Some(next) => token = Some(next),
                None => return Ok(names),
            }
        }
    }
}

#[cfg(test)]
mod tests;
