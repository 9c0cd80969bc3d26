mod cancel;
mod resend;
mod views;
