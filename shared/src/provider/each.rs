//! Many calls, a bounded number of them concurrently.

use std::cell::RefCell;

use futures_util::stream::{self, StreamExt};

use crate::error::{Error, ErrorCode};
use crate::request::CertificateReference;
use crate::transport::MAX_CONCURRENT_CALLS;

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
    answers.buffered(MAX_CONCURRENT_CALLS).collect().await
}

/// Looks up each reference that `is_alone` selects by a call of its own, and the others together.
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

/// Looks up references in two groups: those of which `first` takes a part are looked up by that part,
/// and the others by themselves. Returns the answers in the order of the references.
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
    let mut answers_of_others = Vec::new().into_iter();
    if !others.is_empty() {
        answers_of_others = look_up_others(&others).await.into_iter();
    }
    let mut answers_of_first = Vec::new().into_iter();
    if !of_first.is_empty() {
        answers_of_first = look_up_first(&of_first).await.into_iter();
    }
    let answer = |one: &&'a CertificateReference| match first(one) {
        Some(_) => next_answer(&mut answers_of_first),
        None => next_answer(&mut answers_of_others),
    };
    references.iter().map(answer).collect()
}

/// The next answer of a look-up, which has one for each certificate.
///
/// # Errors
/// `internal` when there is none: that does not show that the provider does not know the
/// certificate.
pub(super) fn next_answer<R>(
    answers: &mut impl Iterator<Item = Result<Option<R>, Error>>,
) -> Result<Option<R>, Error> {
    answers.next().unwrap_or_else(|| {
        Err(Error::new(
            ErrorCode::Internal,
            "a look-up has fewer answers than certificates",
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
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

    #[tokio::test]
    async fn a_certificate_without_an_answer_does_not_count_as_unknown() {
        let references = [(); 2].map(|()| CertificateReference::default());
        let references: Vec<&CertificateReference> = references.iter().collect();
        let answers: Vec<Result<Option<()>, Error>> = in_two_groups(
            &references,
            |_| None::<&()>,
            async |_: &[&()]| unreachable!("no reference is in the first group"),
            async |_: &[&CertificateReference]| vec![Ok(None)],
        )
        .await;
        assert_eq!(answers[0], Ok(None));
        assert_eq!(answers[1].as_ref().unwrap_err().code, ErrorCode::Internal);
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
