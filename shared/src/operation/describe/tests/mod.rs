//! Lists of one source and of several that end by limit, by size or by time.

mod by_end;
mod clients;
mod consistency;
mod fleet;
mod one;
mod pages;
mod prefetch;
mod rows;
mod several;
mod size;
mod summary;
mod undecided;

use super::*;

const PLENTY: AnswerBudget = AnswerBudget {
    bytes: 6_000_000,
    escaped: false,
};
