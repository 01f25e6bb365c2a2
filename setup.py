"""Packages source-acumatica and destination-acumatica. Emulator and demo are for development: not in the wheel."""

from setuptools import find_packages, setup

RUNTIME = [
    "airbyte-cdk>=7.39,<8",
    "requests>=2.32.3,<3",
    "certifi>=2024.2.2",
    "urllib3>=2,<3",
    "jsonschema>=4.17.3,<5",
    "msgspec>=0.20,<1",
    "orjson>=3.10.7,<4",
    "portalocker>=4,<5",
    "redis>=6.4,<9",
    "asyncssh>=2.24,<3",
    "botocore>=1.40,<2",
]

# What turns this folder into a wheel where nothing may be fetched without a hash.
BUILD = ["setuptools>=69,<90"]

DEVELOPMENT = [
    "pytest>=8,<9",
    "pytest-xdist>=3.8,<4",
    "pytest-recording>=0.13,<1",
    "hypothesis>=6.100,<7",
    "uvicorn>=0.30,<1",
    "tzdata>=2025.1",
    "lark>=1.2,<2",
    "rich>=13,<16",
    "ruff>=0.9,<1",
    "mypy>=1.14,<3",
    "import-linter>=2,<3",
    "vulture>=2.14,<3",
    "deptry>=0.23,<1",
    "coverage>=7.10,<8",
    "pytest-cov>=7,<8",
    "types-requests>=2.32,<3",
    "types-jsonschema>=4.23,<5",
    "pre-commit>=4,<5",
    "setuptools>=69,<90",
    "detect-secrets>=1.5,<2",
    "trustme>=1.2,<2",
    "moto[s3]>=5,<6",
    "flask>=3,<4",
    "flask-cors>=6,<7",
    "openapi-spec-validator>=0.7,<1",
    "cyclonedx-bom>=7,<8",
    "uv>=0.5,<1",
]

setup(
    name="airbyte-acumatica",
    version="0.1.0",
    description="Airbyte source and destination for Acumatica ERP",
    license="MIT",
    python_requires=">=3.10,<3.15",
    packages=find_packages(
        include=[
            "acumatica_client",
            "acumatica_client.*",
            "connector_runtime",
            "connector_runtime.*",
            "source_acumatica",
            "source_acumatica.*",
            "destination_acumatica",
            "destination_acumatica.*",
        ]
    ),
    package_data={
        "acumatica_client": ["py.typed"],
        "acumatica_client.schema": ["*.csv"],
        "connector_runtime": ["py.typed"],
        "source_acumatica": ["*.json", "py.typed"],
        "destination_acumatica": ["*.json", "py.typed"],
    },
    install_requires=RUNTIME,
    extras_require={"dev": DEVELOPMENT, "build": BUILD},
    entry_points={
        "console_scripts": [
            "source-acumatica = source_acumatica.run:main",
            "destination-acumatica = destination_acumatica.run:main",
        ]
    },
)
