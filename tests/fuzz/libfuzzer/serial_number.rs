//! The target `serial_number` for libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::serial_number(data));
