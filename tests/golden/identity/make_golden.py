#!/usr/bin/env python3
"""Makes golden.json: keys, addresses, signatures and hotkey files by independent implementations.

    pip install py-sr25519-bindings==0.2.4 bittensor-wallet==4.1.1 base58==2.1.1
    make_golden.py > golden.json

Seeds and messages come from SHA-256 of a counter; signatures hold randomness, so a new run gives others that are as
good.
"""

import hashlib
import json
import pathlib
import tempfile

import base58
import bittensor_wallet
import sr25519

PAIRS = 24


def bytes_of(name, count):
    return hashlib.shake_256(name.encode()).digest(count)


def address_of(account):
    body = b"\x2a" + account
    return base58.b58encode(body + hashlib.blake2b(b"SS58PRE" + body).digest()[:2]).decode()


def pair(number):
    seed = bytes_of(f"seed {number}", 32)
    message = bytes_of(f"message {number}", number * number)
    public, secret = sr25519.pair_from_seed(seed)
    signature = sr25519.sign((public, secret), message)
    assert sr25519.verify(signature, message, public)
    return {"seed": seed.hex(), "public": public.hex(), "secret": secret.hex(), "address": address_of(public),
            "message": message.hex(), "signature": signature.hex()}


def hotkey_file(keypair):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "hotkey")
        file = bittensor_wallet.Keyfile(str(path), name="hotkey")
        file.set_keypair(keypair, encrypt=False, overwrite=True)
        return path.read_text()


def wallets():
    made = bittensor_wallet.Keypair.create_from_seed("0x" + bytes_of("wallet", 32).hex())
    phrase = "bottom drive obey lake curtain smoke basket hold race lonely fit walk"  # substrate's, known to all
    by_phrase = bittensor_wallet.Keypair.create_from_mnemonic(phrase)
    return [{"made_from": "a seed", "address": made.ss58_address, "file": hotkey_file(made)},
            {"made_from": "a phrase", "address": by_phrase.ss58_address, "file": hotkey_file(by_phrase)}]


print(json.dumps({"made_by": "make_golden.py with py-sr25519-bindings 0.2.4 and bittensor-wallet 4.1.1",
                  "pairs": [pair(number) for number in range(PAIRS)], "wallets": wallets()}, indent=1))
