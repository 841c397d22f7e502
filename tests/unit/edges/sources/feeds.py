"""Feeds as shops export them."""

from packshot.edges.sources.feed import read_feed

TSV = (
    "id\ttitle\timage_link\tadditional_image_link\tproduct_type\tgoogle_product_category\texternal_seller_id\tbrand\n"
    "SKU1\tJumper\thttps://a.example/1.jpg\thttps://a.example/2.jpg, https://a.example/3.jpg\tKnit\t1604\tshop-7\tAcme\n"
    "SKU2\tBag\thttps://a.example/w_10,h_10/4.jpg\t\t\t  Bags >\u00a0Leather \t\tAcme\n"
)
RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>
<item><g:shipping><g:id>no product</g:id></g:shipping><g:id>SKU1</g:id><title>Jumper</title>
<g:image_link> https://a.example/1.jpg?a=1&amp;b=2 </g:image_link>
<g:additional_image_link>https://a.example/2.jpg</g:additional_image_link>
<g:additional_image_link><![CDATA[https://a.example/3.jpg]]></g:additional_image_link>
<g:product_type>Knit</g:product_type><g:external_seller_id>shop-7</g:external_seller_id></item>
<item><g:id>SKU2</g:id><g:image_link>https://a.example/4.jpg</g:image_link>
<g:google_product_category>1604</g:google_product_category></item>
</channel></rss>"""
SHOPIFY = (
    "Handle,Title,Body (HTML),Vendor,Product Category,Type,Image Src,Image Position\r\n"
    'jumper,Jumper,"<p>Warm,\r\n""soft""</p>",Acme,Apparel > Knit,Knit,https://a.example/2.jpg,2\r\n'
    "jumper,,,,,,https://a.example/1.jpg,1\r\n"
    "jumper,,,,,,,\r\n"
    "bag,Bag,,Bagger,Apparel > Bags,,https://a.example/3.jpg,1\r\n"
)


def lines_of(text):
    feed = read_feed(text.encode() if isinstance(text, str) else text)
    return [offer.name for offer in feed.offers], {problem.line: problem.message for problem in feed.problems}
