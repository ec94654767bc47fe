package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256" // SHA-256, by crypto.Hash
	_ "crypto/sha512" // SHA-384 and SHA-512
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"sync"
	"time"
)

// keyring holds the token keys of one recording; a key is made when it is first named. Names that start with "rsa" are
// RSA keys, with "ed" Ed25519, with "oct" shared secrets, with "p384" and "p521" of these curves, all others of P-256.
type keyring struct {
	mu   sync.Mutex
	keys map[string]any
}

func newKeyring() *keyring { return &keyring{keys: map[string]any{}} }

func (r *keyring) key(name string) any {
	r.mu.Lock()
	defer r.mu.Unlock()
	if k := r.keys[name]; k != nil {
		return k
	}
	var k any
	var err error
	switch {
	case strings.HasPrefix(name, "rsa"):
		k, err = rsa.GenerateKey(rand.Reader, 2048)
	case strings.HasPrefix(name, "ed"):
		_, k, err = ed25519.GenerateKey(rand.Reader)
	case strings.HasPrefix(name, "oct"):
		secret := make([]byte, 40)
		_, err = rand.Read(secret)
		k = secret
	case strings.HasPrefix(name, "p384"):
		k, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case strings.HasPrefix(name, "p521"):
		k, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	default:
		k, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		panic(err) // no randomness
	}
	r.keys[name] = k
	return k
}

var b64 = base64.RawURLEncoding

// jwks renders the public halves of the named keys ("a+b"); a name with "?" behind leaves its id and algorithm out.
func (r *keyring) jwks(names string) string {
	var keys []map[string]string
	for name := range strings.SplitSeq(names, "+") {
		bare, anonymous := strings.CutSuffix(name, "?")
		k := r.jwk(bare)
		if anonymous {
			delete(k, "kid")
			delete(k, "alg")
		}
		keys = append(keys, k)
	}
	out, _ := json.Marshal(map[string]any{"keys": keys})
	return string(out)
}

func (r *keyring) jwk(name string) map[string]string {
	switch k := r.key(name).(type) {
	case *rsa.PrivateKey:
		return map[string]string{"kty": "RSA", "kid": name, "alg": "RS256",
			"n": b64.EncodeToString(k.N.Bytes()), "e": b64.EncodeToString(big.NewInt(int64(k.E)).Bytes())}
	case ed25519.PrivateKey:
		return map[string]string{"kty": "OKP", "kid": name, "alg": "EdDSA", "crv": "Ed25519",
			"x": b64.EncodeToString(k.Public().(ed25519.PublicKey))}
	case []byte:
		return map[string]string{"kty": "oct", "kid": name, "alg": "HS256", "k": b64.EncodeToString(k)}
	case *ecdsa.PrivateKey:
		raw, err := k.PublicKey.Bytes()
		if err != nil {
			panic(err) // our own key
		}
		size := (len(raw) - 1) / 2
		return map[string]string{"kty": "EC", "kid": name, "alg": naturalAlg(k), "crv": k.Curve.Params().Name,
			"x": b64.EncodeToString(raw[1 : 1+size]), "y": b64.EncodeToString(raw[1+size:])}
	}
	panic("no such key") // key makes no other
}

// naturalAlg is the algorithm that a key is mostly used with.
func naturalAlg(key any) string {
	switch k := key.(type) {
	case *rsa.PrivateKey:
		return "RS256"
	case ed25519.PrivateKey:
		return "EdDSA"
	case []byte:
		return "HS256"
	case *ecdsa.PrivateKey:
		return map[int]string{256: "ES256", 384: "ES384", 521: "ES512"}[k.Curve.Params().BitSize]
	}
	return ""
}

var when = regexp.MustCompile(`"@([+-][0-9]+[smh])"`)

// mint signs a token. The line is `{claims} key=K kid=NAME|- alg=X tamper more=MEMBERS`; "@+1h" in the claims is a time
// from now, MEMBERS is JSON without blanks that is added to the header as it is.
func (r *keyring) mint(line string, now time.Time) (string, error) {
	line, more, _ := strings.Cut(line, " more=")
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
	header := map[string]string{"typ": "JWT", "alg": naturalAlg(key), "kid": name}
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
	if more != "" {
		head = []byte(strings.TrimSuffix(string(head), "}") + "," + more + "}")
	}
	body := b64.EncodeToString(head) + "." + b64.EncodeToString([]byte(claims))
	if alg == "none" {
		return body + ".", nil
	}
	sig, err := sign(key, header["alg"], body)
	if err != nil {
		return "", err
	}
	if tamper {
		sig[7] ^= 1
	}
	return body + "." + b64.EncodeToString(sig), nil
}

// sign signs as the key can; of the algorithm the hash counts, and for RSA the padding.
func sign(key any, alg, text string) ([]byte, error) {
	hash := crypto.SHA256
	switch {
	case strings.HasSuffix(alg, "384"):
		hash = crypto.SHA384
	case strings.HasSuffix(alg, "512"):
		hash = crypto.SHA512
	}
	h := hash.New()
	h.Write([]byte(text))
	digest := h.Sum(nil)
	switch k := key.(type) {
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, k, digest)
		if err != nil {
			return nil, err
		}
		size := (k.Curve.Params().BitSize + 7) / 8
		out := make([]byte, 2*size)
		r.FillBytes(out[:size])
		s.FillBytes(out[size:])
		return out, nil
	case ed25519.PrivateKey:
		return ed25519.Sign(k, []byte(text)), nil
	case []byte:
		mac := hmac.New(hash.New, k)
		mac.Write([]byte(text))
		return mac.Sum(nil), nil
	case *rsa.PrivateKey:
		if strings.HasPrefix(alg, "PS") {
			return rsa.SignPSS(rand.Reader, k, hash, digest, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		}
		return rsa.SignPKCS1v15(rand.Reader, k, hash, digest)
	}
	return nil, fmt.Errorf("no such key")
}
