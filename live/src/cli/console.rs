//! What a command reads from and writes to.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Read, Write};

use secrecy::SecretString;
use zeroize::Zeroizing;

/// Input, output and surroundings of a command. A test hands in its own.
pub struct Console<'a> {
    /// Standard input.
    pub input: &'a mut dyn Read,
    /// Whether a person is at the input.
    pub is_terminal: bool,
    /// Standard output.
    pub output: &'a mut dyn Write,
    /// Asks for a secret at the terminal, without showing what is typed.
    pub secret: &'a mut dyn FnMut(&str) -> io::Result<SecretString>,
    /// The variables of the environment.
    pub env: &'a dyn Fn(&str) -> Option<OsString>,
}

impl Console<'_> {
    /// Runs a command on this program's own terminal, input and environment. A secret is
    /// asked for at the terminal also where the input is a pipe.
    pub fn own<R>(run: impl FnOnce(&mut Console<'_>) -> R) -> R {
        let (input, output) = (io::stdin(), io::stdout());
        let is_terminal = input.is_terminal();
        let mut secret = |prompt: &str| {
            let typed = Zeroizing::new(rpassword::prompt_password(prompt)?);
            Ok(SecretString::from(typed.as_str()))
        };
        run(&mut Console {
            input: &mut input.lock(),
            is_terminal,
            output: &mut output.lock(),
            secret: &mut secret,
            env: &|name| std::env::var_os(name),
        })
    }
}
