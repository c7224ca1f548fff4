package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// certificate makes a key and a certificate that may sign code, and names their files.
func certificate(t *testing.T) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Acme"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
		BasicConstraintsValid: true, IsCA: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

// sign runs "build.sh sign" and gives what it says.
func sign(t *testing.T, command string, files ...string) (string, error) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("SKIPPED: build.sh is not run on Windows")
	}
	cmd := exec.CommandContext(t.Context(), "bash", append([]string{"../../build.sh", "sign"}, files...)...)
	cmd.Env = append(os.Environ(), "SIGN_COMMAND="+command)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestSign signs a program with a certificate of its own, by the command that docs/install.md shows, and has the signature
// verified. RESCHEDULE_REQUIRE_SIGN=1 fails where osslsigncode is missing, instead of skipping.
func TestSign(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("osslsigncode"); err != nil {
		if os.Getenv("RESCHEDULE_REQUIRE_SIGN") == "1" {
			t.Fatal("osslsigncode is missing (RESCHEDULE_REQUIRE_SIGN=1)")
		}
		t.Skip("SKIPPED: osslsigncode is missing; no program is signed")
	}
	page, err := os.ReadFile("../../docs/install.md")
	if err != nil {
		t.Fatal(err)
	}
	const command = `osslsigncode sign -certs cert.pem -key key.pem -h sha256 -in "$1" -out "$1.signed" && mv "$1.signed" "$1"`
	if !strings.Contains(string(page), command) {
		t.Errorf("docs/install.md does not show %s", command)
	}
	program := windowsProgram(t, nil)
	before, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	cert, key := certificate(t)
	if out, err := sign(t, strings.NewReplacer("cert.pem", cert, "key.pem", key).Replace(command), program); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := signed(program); err != nil {
		t.Error(err)
	}
	after, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(before, after) {
		t.Error("the program is as it was")
	}
	out, err := exec.CommandContext(t.Context(), "osslsigncode", "verify", "-CAfile", cert, "-in", program).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "CN=Acme") {
		t.Errorf("verify: %v\n%s", err, out)
	}
	if err := os.WriteFile(program, after[:len(after)-100], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := signed(program); err == nil || !strings.Contains(err.Error(), "is not signed") {
		t.Errorf("half a signature: %v", err)
	}
}

func TestSignRefuses(t *testing.T) {
	t.Parallel()
	program := windowsProgram(t, nil)
	for _, tt := range []struct{ name, command, want string }{
		{"no command", "", "SIGN_COMMAND is not set"},
		{"a command that fails", "exit 3", "SIGN_COMMAND failed"},
		{"a command that fails before a pipe", "false | true", "SIGN_COMMAND failed"},
		{"a command that signs nothing", ": \"$1\"", "is not signed"},
		{"a command that breaks the program", `echo x >"$1"`, "look for the signature"},
	} {
		if out, err := sign(t, tt.command, program); err == nil || !strings.Contains(out, tt.want) {
			t.Errorf("%s: %v, %q; want %q", tt.name, err, out, tt.want)
		}
	}
	if out, err := sign(t, "true"); err == nil || !strings.Contains(out, "sign which file?") {
		t.Errorf("no file: %v, %q", err, out)
	}
}
