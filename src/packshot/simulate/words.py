"""What merchants write on photos: phrases, prices, dates, contacts and made-up brands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from numpy.random import Generator

from packshot.simulate.fonts import Script

Choice = TypeVar("Choice")

CAPTIONS = (
    "Premium Quality", "Original Product", "Non-Slip Sole", "Padded Shoulder Strap", "Adjustable height",
    "Solid Oak Bedside Table", "Colour: Blue", "Fresh, Citrus, Woody (Unisex)", "Classic Fit",
    "Scratch-Resistant", "Soft & Breathable", "Rechargeable", "Works with every phone\nand all tablets.",
    "Store Pickup", "For display only", "Material: Cotton 100%", "Colour may vary slightly",
    "Model wears size M", "Size: 42 x 30 cm", "Light and strong", "Every detail counts",
    "Gift box included\n(optional)", "High quality", "Made in Italy",
    "Sold by us only.\nLook for our name before you order.", "Do not copy this image",
    "All pictures are our own,\nplease do not copy them", "Front view", "Before / After",
    "Handmade with love", "Waterproof IP67", "Fast delivery in 24 h", "Cash on delivery",
    "2 Years Warranty",
)  # fmt: skip
PROMOTIONS = (
    "SALE", "MEGA SALE", "BIG SALE", "50% OFF", "-30%", "UP TO 70% OFF", "NEW", "NEW ARRIVAL", "HOT DEAL",
    "FREE SHIPPING", "BUY 1 GET 1", "BEST SELLER", "TOP RATED", "LIMITED OFFER", "SPECIAL OFFER",
    "BLACK FRIDAY", "LAST CHANCE", "DEAL OF\nTHE DAY", "SUMMER\nSALE", "IN STOCK", "CLEARANCE",
    "WHOLESALE", "ORDER NOW!", "TODAY ONLY!", "WHY OUR CUSTOMERS\nLOVE IT", "READY\nTO SHIP",
    "PAY IN 3 EASY PARTS", "ALL NATURAL", "PREMIUM",
)  # fmt: skip
BADGES = (
    "NEW", "SALE", "HOT", "-20%", "-50%", "TOP", "BEST\nSELLER", "100%\nORIGINAL", "FREE\nSHIPPING",
    "5.0", "No.1", "TOP CHOICE", "TOP RATED", "VERIFIED\nSHOP", "PRODUCT OF\nTHE YEAR",
    "1 YEAR\nWARRANTY", "PURE\nCOTTON", "VIP", "ECO", "BUNDLE", "LIMITED", "EXCLUSIVE", "12V", "100GM",
    "30ml", "250 GRAM", "2 PCS", "XL", "400\nGM",
)  # fmt: skip
MARKS = (
    "SAMPLE", "PREVIEW", "DO NOT COPY", "PROOF", "COPYRIGHT", "All rights reserved", "DEMO",
)  # fmt: skip
FOREIGN = (
    (
        Script.HAN,
        ("新品上市", "包邮", "正品保证", "限时特价", "陪伴你的夏天", "厂家直销", "品质保证 七天退换"),
    ),
    (Script.KANA, ("送料無料", "セール", "おすすめ", "新しいデザイン", "ポイント5倍")),
    (Script.HANGUL, ("무료배송", "신상품", "특가 세일", "정품 보증")),
    (Script.CYRILLIC, ("СКИДКА 50%", "Новинка", "Бесплатная доставка", "Хит продаж", "Гарантия качества")),
    (Script.GREEK, ("ΠΡΟΣΦΟΡΑ", "Δωρεάν αποστολή", "Νέο προϊόν")),
    (Script.ARABIC, ("عرض خاص", "تخفيضات", "ضمان لمدة سنة", "شحن مجاني", "منتج أصلي")),
    (Script.DEVANAGARI, ("सेल", "नया उत्पाद", "मुफ़्त डिलीवरी", "विशेष ऑफर")),
    (Script.THAI, ("ลดราคา", "ส่งฟรี", "สินค้าใหม่")),
    (Script.HEBREW, ("מבצע", "משלוח חינם", "חדש")),
)
CODE_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789%&.-!/:$@+# "
SYLLABLES = (
    "ba", "be", "bo", "ca", "co", "cu", "da", "de", "di", "do", "fa", "fe", "fi", "ga", "go", "ka", "ki",
    "ko", "la", "le", "li", "lo", "lu", "ma", "me", "mi", "mo", "mu", "na", "ne", "ni", "no", "pa", "pe",
    "pi", "po", "ra", "re", "ri", "ro", "sa", "se", "si", "so", "su", "ta", "te", "ti", "to", "va", "ve",
    "vi", "vo", "xa", "za", "ze", "zo", "lux", "nor", "tek", "ver", "wil",
)  # fmt: skip


def pick(rng: Generator, choices: Sequence[Choice]) -> Choice:
    """One of ``choices``, each as likely."""
    return choices[int(rng.integers(len(choices)))]


def brand(rng: Generator) -> str:
    """A made-up brand name."""
    name = "".join(pick(rng, SYLLABLES) for _ in range(int(rng.integers(2, 5))))
    if rng.random() < 0.3:
        name += " " + pick(
            rng, ("Shop", "Store", "Trader", "Organics", "Clothing", "Perfumes", "Fashion", "Home")
        )
    return pick(rng, (str.upper, str.title, str.title, str.lower))(name)


def contact(rng: Generator) -> str:
    """A phone number, web address, mail address or account name of nobody."""
    name = "".join(brand(rng).lower().split())
    digits = "".join(str(int(d)) for d in rng.integers(0, 10, 7))
    forms = (f"+00 {digits[:3]} {digits[3:]}", f"www.{name}.example", f"{name}@mail.example", f"@{name}")
    return pick(rng, ("", "", "WhatsApp: ", "Contact: ", "Tel. ")) + pick(rng, forms)


def price(rng: Generator) -> str:
    """A price in one of several notations."""
    amount = int(rng.integers(1, 2000))
    return pick(
        rng, (f"${amount}", f"${amount}.99", f"{amount},99", f"Rs. {amount}", f"ONLY {amount}", f"{amount}.-")
    )


def date(rng: Generator) -> str:
    """A date as cameras print it, with the time in some."""
    year, month, day = int(rng.integers(1996, 2027)), int(rng.integers(1, 13)), int(rng.integers(1, 29))
    clock = f"{int(rng.integers(24)):02d}:{int(rng.integers(60)):02d}"
    forms = (
        f"{year}/{month:02d}/{day:02d}", f"{year}.{month}.{day}", f"'{year % 100:02d} {month:2d} {day:2d}",
        f"{day:02d}-{month:02d}-{year}", f"{month:02d}/{day:02d}/{year} {clock}",
        f"{year}-{month:02d}-{day:02d} {clock}",
    )  # fmt: skip
    return pick(rng, forms)


def code(rng: Generator) -> str:
    """A string of random characters: article numbers, sizes, and everything that no list foresees."""
    letters = "".join(pick(rng, CODE_LETTERS) for _ in range(int(rng.integers(2, 15))))
    return " ".join(letters.split()) or "A1"


def caption(rng: Generator) -> str:
    """A line or two about the product, its seller or how to reach them."""
    draw = rng.random()
    if draw < 0.55:
        return pick(rng, CAPTIONS)
    return contact(rng) if draw < 0.75 else brand(rng) if draw < 0.85 else code(rng)


def mark(rng: Generator) -> str:
    """What a watermark says."""
    draw = rng.random()
    if draw < 0.25:
        return pick(rng, MARKS)
    if draw < 0.6:
        return pick(rng, ("", "", "© ")) + brand(rng)
    return contact(rng) if draw < 0.85 else code(rng)
