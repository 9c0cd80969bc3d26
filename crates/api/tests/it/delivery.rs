mod cancel;
mod resend;
mod stream;
mod views;
