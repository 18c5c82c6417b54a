//! The target `vendor_answer` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::vendor_answer(data));
