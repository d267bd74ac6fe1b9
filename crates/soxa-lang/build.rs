//! Tells cargo to compile this crate again when a sentence changes: the catalogue is read by a macro, whose
//! input files cargo does not know.

fn main() {
    println!("cargo::rerun-if-changed=locales");
}
