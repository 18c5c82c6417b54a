//! The status function.

use certificate_provider::operation::Status;
use certificate_provider::trigger::{StartFailure, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartFailure> {
    run::<Status>().await
}
