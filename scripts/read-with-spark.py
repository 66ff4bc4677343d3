# Asks Spark with delta-spark of Delta tables. In: a JSON object with the folder of the jars, the table's, and questions, each with the
# version or time as of which it is asked. Out: a JSON object with versions, the table's history, and the rows of each answer.
import json
import sys

import pyspark
from pyspark.sql import SparkSession

asked = json.load(sys.stdin)
spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.driver.extraClassPath", f"{asked['jars']}/*")
    .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
    .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.sql.shuffle.partitions", "2")
    .config("spark.databricks.delta.snapshotPartitions", "2")
    .config("spark.ui.enabled", "false")
    .config("spark.ui.showConsoleProgress", "false")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")
answers = []
for question in asked["questions"]:
    reader = spark.read.format("delta")
    if question["version"] is not None:
        reader = reader.option("versionAsOf", question["version"])
    if question["time"] is not None:
        reader = reader.option("timestampAsOf", question["time"])
    reader.load(asked["table"]).createOrReplaceTempView("readings")
    answers.append([row.asDict() for row in spark.sql(question["sql"]).collect()])
history = spark.sql(f"describe history delta.`{asked['table']}`").select("version", "operation").collect()
print(
    json.dumps(
        {
            "spark": pyspark.__version__,
            "java": spark.sparkContext._jvm.System.getProperty("java.version"),
            "history": [[row.version, row.operation] for row in history],
            "answers": answers,
        }
    )
)
