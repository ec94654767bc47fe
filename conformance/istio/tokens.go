package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"sync"
	"time"
)

// keyring holds the token keys of one recording; a key is made when it is first named. Names that start
// with "rsa" are RSA keys, all others are elliptic.
type keyring struct {
	mu   sync.Mutex
	keys map[string]crypto.Signer
}

func newKeyring() *keyring { return &keyring{keys: map[string]crypto.Signer{}} }

func (r *keyring) key(name string) crypto.Signer {
	r.mu.Lock()
	defer r.mu.Unlock()
	if k := r.keys[name]; k != nil {
		return k
	}
	var k crypto.Signer
	var err error
	if strings.HasPrefix(name, "rsa") {
		k, err = rsa.GenerateKey(rand.Reader, 2048)
	} else {
		k, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		panic(err) // no randomness
	}
	r.keys[name] = k
	return k
}

var b64 = base64.RawURLEncoding

// jwks renders the public halves of the named keys ("a+b").
func (r *keyring) jwks(names string) string {
	var keys []map[string]string
	for name := range strings.SplitSeq(names, "+") {
		switch k := r.key(name).Public().(type) {
		case *rsa.PublicKey:
			keys = append(keys, map[string]string{"kty": "RSA", "kid": name, "alg": "RS256",
				"n": b64.EncodeToString(k.N.Bytes()), "e": b64.EncodeToString(big.NewInt(int64(k.E)).Bytes())})
		case *ecdsa.PublicKey:
			raw, err := k.Bytes()
			if err != nil {
				panic(err) // our own key
			}
			keys = append(keys, map[string]string{"kty": "EC", "kid": name, "alg": "ES256", "crv": "P-256",
				"x": b64.EncodeToString(raw[1:33]), "y": b64.EncodeToString(raw[33:])})
		}
	}
	out, _ := json.Marshal(map[string]any{"keys": keys})
	return string(out)
}

var when = regexp.MustCompile(`"@([+-][0-9]+[smh])"`)

// mint signs a token. The line is `{claims} key=K kid=NAME|- alg=X tamper`; "@+1h" in the claims is a time from now.
func (r *keyring) mint(line string, now time.Time) (string, error) {
	end := strings.LastIndex(line, "}")
	if end < 0 {
		return "", fmt.Errorf("no claims in %q", line)
	}
	claims := when.ReplaceAllStringFunc(line[:end+1], func(m string) string {
		d, _ := time.ParseDuration(when.FindStringSubmatch(m)[1])
		return fmt.Sprint(now.Add(d).Unix())
	})
	if !json.Valid([]byte(claims)) {
		return "", fmt.Errorf("bad claims %s", claims)
	}
	name, kid, alg, tamper := "k1", "", "", false
	for option := range strings.FieldsSeq(line[end+1:]) {
		k, v, _ := strings.Cut(option, "=")
		switch k {
		case "key":
			name = v
		case "kid":
			kid = v
		case "alg":
			alg = v
		case "tamper":
			tamper = true
		default:
			return "", fmt.Errorf("unknown token option %q", option)
		}
	}
	key := r.key(name)
	header := map[string]string{"typ": "JWT", "alg": "ES256", "kid": name}
	if _, ok := key.(*rsa.PrivateKey); ok {
		header["alg"] = "RS256"
	}
	if alg != "" {
		header["alg"] = alg
	}
	switch kid {
	case "":
	case "-":
		delete(header, "kid")
	default:
		header["kid"] = kid
	}
	head, _ := json.Marshal(header)
	body := b64.EncodeToString(head) + "." + b64.EncodeToString([]byte(claims))
	if alg == "none" {
		return body + ".", nil
	}
	sig, err := sign(key, body)
	if err != nil {
		return "", err
	}
	if tamper {
		sig[7] ^= 1
	}
	return body + "." + b64.EncodeToString(sig), nil
}

func sign(key crypto.Signer, text string) ([]byte, error) {
	digest := sha256.Sum256([]byte(text))
	if k, ok := key.(*ecdsa.PrivateKey); ok {
		r, s, err := ecdsa.Sign(rand.Reader, k, digest[:])
		if err != nil {
			return nil, err
		}
		out := make([]byte, 64)
		r.FillBytes(out[:32])
		s.FillBytes(out[32:])
		return out, nil
	}
	return key.Sign(rand.Reader, digest[:], crypto.SHA256)
}
