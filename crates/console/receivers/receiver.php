<?php
// php -S 127.0.0.1:8000 receiver.php

function header_of(string $name): string {
    $name = strtoupper(str_replace('-', '_', $name));
    return $_SERVER["HTTP_$name"] ?? $_SERVER[$name] ?? '';
}

function part(array $parts, string $prefix): string {
    foreach ($parts as $one) {
        if (str_starts_with($one, $prefix)) {
            return substr($one, strlen($prefix));
        }
    }
    return '';
}

function is_genuine(string $body, string $secret): bool {
@@CHECK@@
}

$body = file_get_contents('php://input');
// Keep the body for later, and answer at once.
http_response_code(is_genuine($body, getenv('WEBHOOK_SECRET')) ? 200 : 401);
