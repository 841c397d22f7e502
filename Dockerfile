# Not built yet by its authors: see docs/operations.md.
FROM python:3.11-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 packshot
COPY . /src
RUN pip install --no-cache-dir '/src[serve,postgresql,c2pa]' && rm -rf /src
USER packshot
ENV PACKSHOT_HOME=/home/packshot/data
RUN mkdir -p "$PACKSHOT_HOME" && packshot models pull
VOLUME /home/packshot/data
EXPOSE 8000
HEALTHCHECK --interval=30s --start-period=60s CMD python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz')"
# Beyond loopback every request needs a key: docker exec NAME packshot keys create me --scope admin
CMD ["packshot", "serve", "--host", "0.0.0.0"]
