#![no_main]

sandmill_fuzz::fuzz!(sandmill_fuzz::wasi::target);
