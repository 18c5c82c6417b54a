//! Many calls, some of them side by side.

use std::cell::RefCell;

use futures_util::stream::{self, StreamExt};

use crate::error::Error;
use crate::request::CertificateReference;
use crate::transport::SIDE_BY_SIDE;

/// Makes a call for each item and returns the answers in the items' order. After an error that
/// concerns the whole request (credentials, the instance, the rate limit, the deadline), no further
/// call is made, and the remaining items have that error.
pub(super) async fn each<T, R>(
    items: impl IntoIterator<Item = T>,
    call: impl AsyncFn(T) -> Result<R, Error>,
) -> Vec<Result<R, Error>> {
    let stopped: RefCell<Option<Error>> = RefCell::default();
    let answers = stream::iter(items).map(|item| async {
        if let Some(error) = stopped.borrow().clone() {
            return Err(error);
        }
        let answer = call(item).await;
        if let Err(error) = &answer
            && error.ends_the_request()
        {
            stopped.replace(Some(error.clone()));
        }
        answer
    });
    answers.buffered(SIDE_BY_SIDE).collect().await
}

/// Looks up those references alone that name the provider's own text, and the others together.
/// Returns the answers in the order of the references.
pub(super) async fn together_or_alone<'a, R>(
    references: &[&'a CertificateReference],
    is_alone: impl Fn(&CertificateReference) -> bool,
    look_up_one: impl AsyncFn(&'a CertificateReference) -> Result<Option<R>, Error>,
    look_up_group: impl AsyncFnOnce(&[&'a CertificateReference]) -> Vec<Result<Option<R>, Error>>,
) -> Vec<Result<Option<R>, Error>> {
    in_two_groups(
        references,
        |reference| is_alone(reference).then_some(reference),
        async |alone| each(alone.iter().copied(), look_up_one).await,
        look_up_group,
    )
    .await
}

/// Looks up the references of which `first` takes something as one group, by that, and the others as
/// another. Returns the answers in the order of the references.
pub(super) async fn in_two_groups<'a, T: 'a, R>(
    references: &[&'a CertificateReference],
    first: impl Fn(&'a CertificateReference) -> Option<&'a T>,
    look_up_first: impl AsyncFnOnce(&[&'a T]) -> Vec<Result<Option<R>, Error>>,
    look_up_others: impl AsyncFnOnce(&[&'a CertificateReference]) -> Vec<Result<Option<R>, Error>>,
) -> Vec<Result<Option<R>, Error>> {
    let of_first: Vec<&T> = references.iter().filter_map(|one| first(one)).collect();
    let others: Vec<&CertificateReference> = references
        .iter()
        .copied()
        .filter(|one| first(one).is_none())
        .collect();
    let mut answers_of_others = match others.is_empty() {
        true => Vec::new(),
        false => look_up_others(&others).await,
    }
    .into_iter();
    let mut answers_of_first = match of_first.is_empty() {
        true => Vec::new(),
        false => look_up_first(&of_first).await,
    }
    .into_iter();
    let mut answer = |one: &'a CertificateReference| match first(one) {
        Some(_) => answers_of_first.next(),
        None => answers_of_others.next(),
    };
    references
        .iter()
        .map(|one| answer(one).unwrap_or(Ok(None)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;
    use std::cell::Cell;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn answers_keep_the_order_of_the_items() {
        let answers = each(0..20_u64, async |item: u64| {
            tokio::time::sleep(Duration::from_millis(100 - item)).await;
            Ok(item)
        })
        .await;
        assert_eq!(
            answers.into_iter().collect::<Result<Vec<_>, _>>().unwrap(),
            (0..20).collect::<Vec<_>>()
        );
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_that_concerns_all_ends_the_calls() {
        for (code, calls_at_most, failed) in [
            (ErrorCode::Throttled, 16, true),
            (ErrorCode::ProviderUnavailable, 100, false),
        ] {
            let calls = Cell::new(0);
            let answers = each(0..100, async |item: usize| {
                calls.set(calls.get() + 1);
                tokio::time::sleep(Duration::from_millis(1)).await;
                if item == 3 {
                    Err(Error::new(code, "it failed"))
                } else {
                    Ok(item)
                }
            })
            .await;
            assert!(calls.get() <= calls_at_most, "{code:?}: {}", calls.get());
            assert_eq!(answers[99].is_err(), failed, "{code:?}");
            assert!(answers[3].is_err() && answers[0].is_ok());
        }
    }
}
