//! stub
use soxa_lang::Lang;
use crate::cli::DemoArgs;
use crate::exit::Exit;
use crate::failure::Failure;
pub fn run(args: &DemoArgs, _lang: Lang) -> Result<Exit, Failure> {
    Err(Failure::internal("demo", format!("{args:?}")))
}
