//! Orders of spellings.
