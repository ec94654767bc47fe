package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"mayreach.dev/benches/asked"
)

// authority signs certificates that name a SPIFFE identity. One key serves all.
type authority struct {
	private          *ecdsa.PrivateKey
	certificate      *x509.Certificate
	root, chain, key string
	serial           int64
}

func newAuthority(dir string) *authority {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	asked.Must(err)
	a := &authority{private: private}
	a.root, a.chain, a.key = filepath.Join(dir, "root.pem"), filepath.Join(dir, "chain.pem"), filepath.Join(dir, "key.pem")
	root := a.sign("")
	a.certificate, err = x509.ParseCertificate(root)
	asked.Must(err)
	key, err := x509.MarshalECPrivateKey(private)
	asked.Must(err)
	write := func(file, kind string, bytes []byte) {
		asked.Must(os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}), 0o600))
	}
	write(a.root, "CERTIFICATE", root)
	write(a.chain, "CERTIFICATE", a.sign("cluster.local/ns/server/sa/server"))
	write(a.key, "EC PRIVATE KEY", key)
	return a
}

// sign makes a certificate of an identity; without one, the root's own.
func (a *authority) sign(identity string) []byte {
	a.serial++
	template := &x509.Certificate{
		SerialNumber: big.NewInt(a.serial),
		NotBefore:    time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		BasicConstraintsValid: true, IsCA: identity == "",
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	parent := template
	if identity != "" {
		template.KeyUsage = x509.KeyUsageDigitalSignature
		name, err := url.Parse("spiffe://" + identity)
		asked.Must(err)
		template.URIs, parent = []*url.URL{name}, a.certificate
	}
	out, err := x509.CreateCertificate(rand.Reader, template, parent, &a.private.PublicKey, a.private)
	asked.Must(err)
	return out
}

// client is how a workload of that identity connects.
func (a *authority) client(identity string) *tls.Config {
	own := tls.Certificate{Certificate: [][]byte{a.sign(identity)}, PrivateKey: a.private}
	// The server's certificate names an identity and no host.
	return &tls.Config{Certificates: []tls.Certificate{own}, InsecureSkipVerify: true}
}
