//! The describe function.

use certificate_provider::operation::Describe;
use certificate_provider::trigger::{StartFailure, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StartFailure> {
    run::<Describe>().await
}
