//! The inactivate function.

use certificate_provider::operation::Inactivate;
use certificate_provider::trigger::{StartFailure, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartFailure> {
    run::<Inactivate>().await
}
