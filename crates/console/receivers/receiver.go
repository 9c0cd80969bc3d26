package main

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
)

// Only one of these is used here.
var _, _, _ = sha1.New, sha256.New, sha512.New
var _, _ = base64.StdEncoding, hex.EncodeToString
var _, _ = hmac.New, strings.Split

func part(parts []string, prefix string) string {
	for _, one := range parts {
		if strings.HasPrefix(one, prefix) {
			return strings.TrimPrefix(one, prefix)
		}
	}
	return ""
}

func isGenuine(header http.Header, body []byte, secret string) bool {
@@CHECK@@
}

func main() {
	secret := os.Getenv("WEBHOOK_SECRET")
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || !isGenuine(r.Header, body, secret) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		// Keep the body for later, and answer at once.
		w.WriteHeader(http.StatusOK)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", nil))
}
